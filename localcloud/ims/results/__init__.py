"""What a job answers, in the documented shapes."""
