"""Bundles: a folder with a model and everything that must be known to feed it and to read its outputs."""
