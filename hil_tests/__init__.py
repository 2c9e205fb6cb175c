"""Tests of a board with the firmware running on it."""
