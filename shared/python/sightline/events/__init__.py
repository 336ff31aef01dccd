"""The raw shapes of Function Compute's events, turned into our own types record by record.

A record that can't be read raises BadInput, and is then treated like any other record that no retry can help.
"""
