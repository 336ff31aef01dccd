"""The two HTTP APIs: operations, formats, signatures."""
