"""A bundle image into a board's model slot."""

import binascii
import hashlib
from collections.abc import Callable

from ..errors import HilError
from ..link import messages as m
from .client import Client, DeviceError, RequestRefusedError
from .limits import Stopwatch
from .trial import LOST, Infer, Trial, TrialFailedError

AHEAD_BYTES = 8 * 1024  # queued before the board's answers are looked at
POLL_S = 0.05
NO_VARIABLES = "built without"  # of the firmware's refusal of a model that keeps state in variables
MISSING_KIND = "lacks the front end's kind"
MISSING_OP = "find op"  # of TFLite Micro's "Didn't find op for builtin opcode 'ABS'"

Progress = Callable[[int, int], None]
Say = Callable[[str], None]
WAITS: dict[type[m.Payload], m.DeployState] = {
    m.DeployBegin: m.DeployState.RECEIVING,
    m.DeployTry: m.DeployState.TRIAL,
    m.DeployCommit: m.DeployState.ACTIVE,
    m.DeployAbandon: m.DeployState.ABANDONED,
}


class DeployRefusedError(HilError):
    """The board keeps its old bundle."""


def refuse_larger(image: bytes, info: m.Info) -> None:
    """See that an image fits a board's slot, before any of it is sent.

    Raises:
        DeployRefusedError: it does not; the words have both figures.
    """
    if len(image) > info.slot_size:
        why = f"the image is larger than the slot: {len(image):,} bytes, the board's takes {info.slot_size:,}"
        raise DeployRefusedError(why, _cure(why))


def deploy_image(
    client: Client,
    image: bytes,
    bytes_per_s: float,
    progress: Progress | None,
    trial: Callable[[], None] | None = None,
) -> m.DeployStatus:
    """Send an image, have it tried and put in use; see `Device.deploy`. `trial` raises for what must not be kept."""
    try:
        status = send_image(client, image, bytes_per_s, progress)
        if not image:
            return status
        if trial is not None:
            trial()
        return _answer(client, m.DeployCommit())
    except RequestRefusedError as error:
        if error.code != m.ErrorCode.BUSY:
            raise
        raise HilError(f"the board is busy: {error.cause}", "reset it and try again") from error


def send_image(client: Client, image: bytes, bytes_per_s: float, progress: Progress | None) -> m.DeployStatus:
    """Send what goes into the slot, without having it used.

    Raises:
        DeployRefusedError: the board does not take it.
        RequestRefusedError: it is busy.
    """
    begin = m.DeployBegin(
        length=len(image), crc32=binascii.crc32(image), sha256=hashlib.sha256(image).digest()
    )
    status = _answer(client, begin)
    _send_pieces(client, image, bytes_per_s, progress)
    return status


def use_image(client: Client, image: bytes, bytes_per_s: float, progress: Progress | None) -> m.DeployStatus:
    """Send an image and have it used without keeping it, until `abandon` or a restart."""
    send_image(client, image, bytes_per_s, progress)
    return _answer(client, m.DeployTry())


def abandon(client: Client) -> m.DeployStatus:
    """Have what was sent forgotten, and the bundle before it used."""
    return _answer(client, m.DeployAbandon())


def try_image(client: Client, trial: Trial, infer: Infer, keep: bool, say: Say) -> None:
    """Have the board use what was sent, without keeping it, and hold its outputs against the host's.

    Args:
        client: the board, with a whole image sent.
        trial: what is expected.
        infer: has the board run its model on a window.
        keep: whether a departure is only told.
        say: gets a departure then.

    Raises:
        TrialFailedError: it departs; the old bundle is in use again.
        TrialCrashedError: the board was lost; the old bundle is what it boots.
    """
    try:
        _answer(client, m.DeployTry())
    except LOST as error:
        raise trial.crashed("while it was loaded", error) from error
    try:
        trial.run(infer)
    except TrialFailedError as error:
        if keep:
            say(f"{error.cause}; kept all the same")
            return
        abandon(client)
        raise


def _send_pieces(client: Client, image: bytes, bytes_per_s: float, progress: Progress | None) -> None:
    size = piece_bytes(client)
    most = client.limits.total_s(len(image), bytes_per_s)
    watch = Stopwatch()
    for offset in range(0, len(image), size):
        client.send(m.DeployData(offset=offset, data=image[offset : offset + size]))
        while client.connection.pending_bytes > AHEAD_BYTES:
            answer = client.next(POLL_S)
            raise_if_refused(answer)
            if answer is not None:
                raise client.unasked(answer)
            if watch.seconds > most:
                raise DeviceError(
                    f"{client.name} did not take {len(image):,} bytes within {most:.0f} s (it is at {offset:,})",
                    "reset it and try again; it keeps its old bundle",
                )
        if progress is not None:
            progress(min(offset + size, len(image)), len(image))


def piece_bytes(client: Client) -> int:
    """As `piece_of`, on a client's connection."""
    return piece_of(client.connection.max_payload)


def piece_of(max_payload: int) -> int:
    """Bytes of an image or a tensor that fit a payload with their offset: whole words, as flash is written."""
    return (max_payload - m.DeployData.fixed_size()) & ~7


def _answer(client: Client, request: m.Payload) -> m.DeployStatus:
    wait = (
        m.DeployState.ACTIVE
        if isinstance(request, m.DeployBegin) and not request.length
        else WAITS[type(request)]
    )
    client.send(request)
    status = client.wait_for(
        m.DeployStatus,
        client.limits.silence_s,
        lambda status: status.state in (wait, m.DeployState.REFUSED),
    )
    raise_if_refused(status)
    return status


def raise_if_refused(answer: m.Payload | None) -> None:
    """Raise `DeployRefusedError` for a DEPLOY_STATUS that says so."""
    if isinstance(answer, m.DeployStatus) and answer.state == m.DeployState.REFUSED:
        why = answer.text.decode("utf-8", "replace")
        raise DeployRefusedError(f"the board refused the bundle and keeps its old one: {why}", _cure(why))


def _cure(why: str) -> str:
    flash = "flash a firmware built for this bundle: `python -m host flash --bundle DIR`"
    if MISSING_OP in why:
        return f"{flash} compiles its ops in"
    if NO_VARIABLES in why or MISSING_KIND in why:
        return f"{flash} compiles in what it lacks; PlatformIO's environment esp32dev-all has all of it"
    return f"make the model or its settings smaller, or {flash}"
