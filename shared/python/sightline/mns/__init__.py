"""A typed client of the Simple Message Queue (MNS): what a consumer of a queue needs."""
