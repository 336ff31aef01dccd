"""What is measured, beside named rivals or split into its parts."""
