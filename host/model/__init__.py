"""Model files: what they are, and two interpreters that run them as the device does."""
