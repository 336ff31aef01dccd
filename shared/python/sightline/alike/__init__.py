"""Near-duplicates: which media have an embedding that points the same way, found without any server but the state bucket."""
