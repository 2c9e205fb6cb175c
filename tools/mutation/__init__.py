"""Mutation testing: what is changed, and who notices."""
