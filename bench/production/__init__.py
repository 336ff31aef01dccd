"""What the production functions make, how fast and with how much memory, each beside a ready tool in the same run."""
