"""Training: features in windows, small networks, quantisation-aware training, conversion to int8, honest figures."""
