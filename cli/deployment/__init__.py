"""What the verbs about a deployment have in common: which cloud they act on, and what `s.yaml` says of it."""
