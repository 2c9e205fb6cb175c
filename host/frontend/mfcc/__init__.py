"""Mel-frequency cepstral coefficients: a DCT over the log-mel bands."""
