"""Checks of s.yaml and template.yaml that need no cloud."""
