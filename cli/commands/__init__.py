"""The verbs of the `sightline` command, a module for each group of them; what they do is in the modules of `cli` beside it."""
