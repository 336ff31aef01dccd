"""One production job, from a file or an address to what it makes."""
