"""Jobs: templates and pipelines, what is submitted, and the runner that does it."""
