"""What networks are measured by: accuracy, ties, firing, overflows, ranges, distributions, memory."""
