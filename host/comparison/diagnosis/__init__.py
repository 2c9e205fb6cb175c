"""Differences explained: hypotheses are replayed on recorded values; what reproduces the device's speaks."""
