"""Intelligent production: the fifteen functions of SubmitIProductionJob, each from a file to files."""
