"""One call of PAI's multimedia analysis, from files or addresses to what it finds."""
