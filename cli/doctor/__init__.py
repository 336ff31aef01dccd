"""`sightline doctor`: is everything that a deployment needs there, as it has to be, and does it work together?"""
