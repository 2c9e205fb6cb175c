"""Recordings: fetching them, importing them, and knowing whose they are."""
