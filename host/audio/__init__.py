"""Audio files as streams of 16-bit mono samples at a bundle's rate."""
