"""Golden vectors: bundles that an RTL team matches bit for bit without opening Python."""
