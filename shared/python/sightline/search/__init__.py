"""From a sentence to what a person sees: query, rights, hits joined with records."""
