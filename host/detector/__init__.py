"""Detectors: when a class counts as heard. A kind is a file, and a line in kinds.py."""
