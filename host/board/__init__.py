"""Boards: anything that gives a byte stream and speaks the link. Here is where they are and how they start."""
