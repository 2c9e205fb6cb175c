"""Hardware-in-the-loop test and deployment toolkit for small audio models on the ESP32."""

__version__ = "0.1.0"
