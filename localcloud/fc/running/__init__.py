"""Instances of functions, and the invocations that wait for them."""
