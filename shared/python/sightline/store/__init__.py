"""Objects: read, write, append at a position, list, presign."""
