"""The kinds of board, a file each with all that differs."""
