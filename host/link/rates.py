"""Line speeds, baud. The rate at which boards boot is the protocol's."""

from .protocol import BOOT_BAUD

FAST_BAUD = 921_600  # what is negotiated unless the user says otherwise: every USB bridge carries it
FASTER_BAUD = 2_000_000
FASTEST_BAUD = 5_000_000  # beyond it no adapter goes
KNOWN_RATES = (BOOT_BAUD, FAST_BAUD, FASTER_BAUD)  # at which a board may have been left
BITS_PER_BYTE = 10  # start bit, eight of data, stop bit
