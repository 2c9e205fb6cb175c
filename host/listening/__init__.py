"""Trying a model on live sound."""
