"""What the functions do with one record: the same when it comes with an event, and when the sweep tries a parked one again."""
