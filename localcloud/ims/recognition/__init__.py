"""Recognition libraries: who is to be recognised, by which pictures, and the search by face."""
