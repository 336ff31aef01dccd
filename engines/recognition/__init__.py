"""Recognition: pictures of somebody in, features out; and of what is seen later, whom it resembles, with a score, or nobody."""
