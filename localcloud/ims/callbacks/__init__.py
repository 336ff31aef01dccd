"""Who is told of what has happened, and the outbox of what is still to be told."""
