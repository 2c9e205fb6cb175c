"""Synthetic sound: birds, what is not a bird, and scenes of both, all from a seed and numpy alone."""
