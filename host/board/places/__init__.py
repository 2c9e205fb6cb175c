"""Boards that labgrid manages: a place is acquired, used through its serial port, watched, and released."""
