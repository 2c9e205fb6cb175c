"""Hardware-in-the-loop test and deployment toolkit for small audio models on the ESP32."""

__version__ = "0.1.0"

PACKAGE = __name__  # the name it is imported by, for `python -m` in processes of its own
