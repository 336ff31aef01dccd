"""Typed clients of Intelligent Media Services: one signer, one transport, a module for each family of operations."""
