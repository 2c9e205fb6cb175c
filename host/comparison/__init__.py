"""What host and device computed from the same audio, side by side."""
