"""Samples as cells, for models that take raw audio."""
