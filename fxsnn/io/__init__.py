"""Files, and texts of other formats: read whole, written whole, refused in one line."""
