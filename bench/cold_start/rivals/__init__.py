"""Function code of those that the functions are measured beside: each module has a handler as Function Compute calls it."""
