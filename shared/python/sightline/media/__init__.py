"""What was uploaded, and what its key says of it."""
