"""Who signed a request or a form."""
