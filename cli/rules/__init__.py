"""Rules, looked at: what is wrong with a file of them, and what an upload would get."""
