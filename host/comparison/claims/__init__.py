"""What a run claims: a table, and a function a claim that finds it held, broken or not examined."""
