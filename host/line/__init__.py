"""Bytes and clocks: ports, the connection over them, and how fast they are."""
