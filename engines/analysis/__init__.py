"""What can be measured of one picture or video without a model hub: its quality, its faces, tags, vectors, and two pictures made of it."""
