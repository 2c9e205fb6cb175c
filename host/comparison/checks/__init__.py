"""What a run asks of the board besides its files: requests out of the ordinary, windows, the line, the model slot."""
