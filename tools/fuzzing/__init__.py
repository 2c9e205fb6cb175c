"""What `tools/fuzz.py` throws at the project, a module a target."""
