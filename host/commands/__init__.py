"""The commands of `python -m host`, a module each: options in, text and an exit code out."""
