"""The numbers of the link that both ends must agree on. `build/messages_header.py` makes `LINK_…` of each.

Standard library only: header generation runs in the Pythons of PlatformIO and ESP-IDF.
"""

import struct

# A frame's header: type, flags, connection, seq, ack, credit.
HEADER_FORMAT = "<BBHHHH"
HEADER_BYTES = struct.calcsize(HEADER_FORMAT)

# Its flags: a gap was seen, a question, and the number of the pass, the sender's own and the one it answers.
GAP = 0x01
ASK = 0x02
PASS_SHIFT = 2
ECHO_SHIFT = 5
PASS_MASK = 0x07

# What a frame takes of the credit: its place in the receiver's buffer.
RECORD_HEAD = 4  # bytes before each payload
RECORD_ALIGNMENT = 4  # payloads are filled up to a multiple of it

# When to ask the other end how far it is, microseconds.
TIMEOUT_LEAST_US = 40_000
TIMEOUT_FIRST_US = 200_000
TIMEOUT_MOST_US = 2_000_000
BACKOFF_MOST = 3
BACKED_OFF_US = 320_000  # questions are short: more patience than this only makes a bad line slower

BOOT_BAUD = 115_200  # of a serial line, until host and board agree on another rate


def record_cost(payload_bytes: int) -> int:
    """Bytes of credit that a frame takes; `RECORD_FOOTPRINT` in C."""
    return RECORD_HEAD + -(-payload_bytes // RECORD_ALIGNMENT) * RECORD_ALIGNMENT
