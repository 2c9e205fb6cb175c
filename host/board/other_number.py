"""An answer that comes under another message's number: what its bytes can be."""

from ..link import messages as m
from ..link.codec import MessageError

# What a board sends that always has the same number of bytes.
OF_ONE_LENGTH: tuple[type[m.Payload], ...] = (
    m.StreamStarted,
    m.Status,
    m.Detection,
    m.StreamDone,
    m.BaudReady,
    m.Proof,
    m.LiveDetection,
    m.TraceArmed,
    m.CaseOpened,
)
# The others that it sends.
OF_MANY_LENGTHS: tuple[type[m.Payload], ...] = (
    *(m.Info, m.Echo, m.Features, m.WindowResult, m.TensorResult, m.Error, m.DeployStatus, m.Profile, m.Log),
    *(m.Build, m.TraceOps, m.TraceBytes, m.StageArmed, m.StageBytes),
)
LEAST = 7  # bytes, so that a length is another message's by no chance
WHERE = "look at the number that it is sent with (session_send in firmware/core/session)"


def decoded(number: int, payload: bytes) -> m.Payload:
    """The message of a number, or why there is none: one message alone may have as many bytes as came.

    Raises:
        MessageError: no such type, or a payload that it does not allow.
    """
    try:
        return m.decode(number, payload)
    except MessageError as error:
        alike = [kind.NAME for kind in OF_ONE_LENGTH if kind.fixed_size() == len(payload)]
        if len(alike) != 1 or len(payload) < LEAST:
            raise
        raise MessageError(
            f"{error.cause}, and {len(payload)} bytes are what {alike[0]} has: as if that came under another message's "
            f"number; {WHERE}"
        ) from error


def may_be(payload: m.Payload, wanted: type[m.Payload]) -> str:
    """That a message's bytes can be those of the one that is wanted, behind what came; empty: they cannot."""
    data = payload.encode()
    if wanted.has_rest() and isinstance(payload, (*OF_ONE_LENGTH, *OF_MANY_LENGTHS)):
        return ""  # it may be what it says it is, once too often
    try:
        wanted.decode(data)
    except MessageError:
        return ""
    return f": its {len(data):,} bytes can be those of {wanted.NAME}, as if that came under another message's number"
