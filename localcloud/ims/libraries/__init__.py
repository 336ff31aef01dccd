"""Search libraries: their indexes, their media, and the searches."""
