"""Figures of a detector on recordings with a table of one-second windows."""
