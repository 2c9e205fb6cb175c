"""The firmware's end of the link, for simulations and tests: `firmware/core/link/link.h` through cffi."""

from typing import Any

from cffi import FFI

from ..build.core_library import core_library

_DECLARATIONS = """
typedef struct { uint8_t type; uint16_t length; const uint8_t *payload; } link_message;
typedef struct {
    uint32_t rx_frames, rx_bytes, crc_errors, framing_errors, noise_bytes, gaps, duplicates, overruns;
    uint32_t tx_frames, tx_bytes, retransmitted, timeouts;
    uint16_t rx_high_water, tx_high_water;
} link_counters;
size_t link_state_size(void);
void link_init(void *link, uint32_t boot_id);
void link_input(void *link, const uint8_t *bytes, size_t count, uint64_t now_us);
bool link_peek(const void *link, link_message *out);
void link_release(void *link);
size_t link_send_space(const void *link);
bool link_send(void *link, uint8_t type, const uint8_t *head, size_t head_length,
               const uint8_t *tail, size_t tail_length);
size_t link_output(void *link, uint8_t *out, size_t capacity, uint64_t now_us);
uint64_t link_deadline(const void *link, uint64_t now_us);
bool link_connected(const void *link);
uint16_t link_connection(const void *link);
bool link_idle(const void *link);
const link_counters *link_get_counters(void *link);
"""
NEVER = 2**64 - 1


def link_state_bytes() -> int:
    """What the link's state takes on this computer."""
    return DeviceLink(0).state_bytes


class DeviceLink:
    """A device's link on this computer, with the methods of `host.link.link.Link` where both have them.

    Args:
        boot_id: tells this boot from others.
    """

    _ffi = FFI()
    _ffi.cdef(_DECLARATIONS)
    _library: Any = None

    def __init__(self, boot_id: int) -> None:
        if DeviceLink._library is None:
            DeviceLink._library = self._ffi.dlopen(str(core_library()))
        self._lib = DeviceLink._library
        self._state = self._ffi.new("uint64_t[]", (self._lib.link_state_size() + 7) // 8)
        self._message = self._ffi.new("link_message *")
        self._out = self._ffi.new("uint8_t[]", 4096)
        self.boot(boot_id)

    @property
    def state_bytes(self) -> int:
        """What its state takes."""
        return int(self._lib.link_state_size())

    def boot(self, boot_id: int) -> None:
        """Forget everything, as a reset does."""
        self._lib.link_init(self._state, boot_id)

    def receive(self, data: bytes, now_us: int) -> None:
        """Take in bytes from the line. The copy has exactly their length, so that a sanitizer sees an over-read."""
        copy = self._ffi.new("uint8_t[]", len(data))
        self._ffi.buffer(copy)[:] = data
        self._lib.link_input(self._state, copy, len(data), now_us)

    def take(self) -> tuple[int, bytes] | None:
        """The oldest message, as (type, payload), and free its place; None when there is none."""
        if not self._lib.link_peek(self._state, self._message):
            return None
        message = self._message
        result = (message.type, bytes(self._ffi.buffer(message.payload, message.length)))
        self._lib.link_release(self._state)
        return result

    @property
    def send_space(self) -> int:
        """Longest payload that `send` takes now."""
        return int(self._lib.link_send_space(self._state))

    def send(self, message_type: int, payload: bytes, tail: bytes = b"") -> bool:
        """Queue a message, `payload` and `tail` as one; False when there is no room."""
        return bool(
            self._lib.link_send(
                self._state, message_type, payload, len(payload), tail or self._ffi.NULL, len(tail)
            )
        )

    def output(self, now_us: int, limit: int = 4096) -> bytes:
        """Bytes for the line, at most `limit` (and 4096)."""
        count = self._lib.link_output(self._state, self._out, min(limit, 4096), now_us)
        return bytes(self._ffi.buffer(self._out, count))

    def deadline(self, now_us: int) -> int | None:
        """See `Link.deadline`."""
        deadline = int(self._lib.link_deadline(self._state, now_us))
        return None if deadline == NEVER else deadline

    @property
    def connected(self) -> bool:
        """Whether a host has connected."""
        return bool(self._lib.link_connected(self._state))

    @property
    def connections(self) -> int:
        """How many connections hosts have begun since boot."""
        return int(self._lib.link_connection(self._state))

    @property
    def idle(self) -> bool:
        """Whether the host has acknowledged all that was sent."""
        return bool(self._lib.link_idle(self._state))

    @property
    def counters(self) -> dict[str, int]:
        """The counters by name."""
        counters = self._lib.link_get_counters(self._state)
        return {name: int(getattr(counters, name)) for name, _ in self._ffi.typeof("link_counters").fields}
