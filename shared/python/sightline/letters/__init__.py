"""Dead letters: records of events that failed, kept with their reason until they are dealt with."""
