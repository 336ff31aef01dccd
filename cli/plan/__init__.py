"""What a deploy would change, and what a month costs."""
