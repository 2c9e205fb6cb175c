"""The pytest plugin: a board and a bundle for the tests of any repository."""
