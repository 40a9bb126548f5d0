"""What commands do with files: read, call, write."""
