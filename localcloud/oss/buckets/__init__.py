"""Buckets, what is configured of them, and what that does."""
