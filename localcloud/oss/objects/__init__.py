"""Objects: writing, reading and removing them, whole and in parts."""
