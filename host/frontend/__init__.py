"""The log-mel front end: settings, integer tables for the C core, the core itself through cffi, and a librosa reference."""
