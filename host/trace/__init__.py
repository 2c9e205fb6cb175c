"""One window or column looked at step by step on the board: where it first departs from the host."""
