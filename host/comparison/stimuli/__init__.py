"""Sounds and windows made for the bundle in use, that reach what recordings do not: `hil --thorough`."""
