"""From the start of a process to its first answer: our functions beside the official SDKs and the bare standard library."""
