"""The link's protocol alone: frames, messages, retransmission. No port, clock or thread is in here."""
