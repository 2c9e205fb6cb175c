"""From differences to their cause: hypotheses are replayed on recorded values, and only what reproduces the device's speaks."""
