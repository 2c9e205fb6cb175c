"""One run on several boards: files shared out, a process a board, one result."""
