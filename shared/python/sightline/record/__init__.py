"""What is known about a media, merged from the parts that its jobs wrote."""
