"""The firmware's C core called from Python: front end, link and the simulated line."""
