"""Intelligent production: jobs that make files of files, into the OSS beside them."""
