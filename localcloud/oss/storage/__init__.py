"""What is on the disk: tables, content, and the events still to be told."""
