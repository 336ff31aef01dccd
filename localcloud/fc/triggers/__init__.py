"""What makes functions run without being called."""
