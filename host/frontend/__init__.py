"""The log-mel front end: settings, tables for the C core, the core through cffi, and a librosa reference."""
