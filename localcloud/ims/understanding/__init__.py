"""The engines that look at the pixels, in processes of their own."""
