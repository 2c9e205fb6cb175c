"""Cells that depend on all of a window: another kind's features, related to their least, largest or mean."""
