"""Which jobs an upload gets."""
