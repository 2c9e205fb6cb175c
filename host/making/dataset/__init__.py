"""Data sets: features of recordings, what sounds in each window, and a split that nothing leaks through."""
