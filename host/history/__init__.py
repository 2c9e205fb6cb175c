"""What became of every run: a database of rows, what changed between two, and since when a figure is another."""
