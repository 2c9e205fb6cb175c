"""A bundle's firmware onto a board: built, uploaded when the board does not run it already, and checked."""

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..build.firmware import build_firmware
from ..bundle.load import Bundle
from ..checkout import ROOT
from ..errors import HilError
from ..link.messages import Capability, Info
from ..model.kernel_faults import DeviceKernels
from .choice import BoardChoice
from .connecting import connect
from .crash import FirmwareCrashedError, NotBootingError
from .discovery import FoundPort, likely_kind
from .esptool_upload import upload_image
from .flash_image import FlashImage
from .identity import StaleFirmwareError, check_identity
from .kernels import KernelCrashError, check_kernels, chip_kernels, refuse_crashes
from .kinds.registry import AT_A_PORT, flashable
from .kinds.serial_line import SerialBoard
from .probe import probe
from .upload import explained, upload
from .uploads import Uploads

REBOOT_S = 1.0


@dataclass(frozen=True)
class Flashed:
    """What was done.

    Attributes:
        info: what the board says of itself now.
        uploaded: False when it ran this firmware already.
    """

    info: Info
    uploaded: bool


def flash(
    bundle: Bundle,
    port: FoundPort,
    chip: str | None,
    baud: int | None,
    force: bool,
    say: Callable[[str], None],
    kernels: str = "",
) -> Flashed:
    """Bring the firmware of `bundle` onto the board at `port`.

    Args:
        bundle: for which.
        port: where the board is.
        chip: name of its kind; what its firmware says, else what its adapter suggests, when None.
        baud: line speed of the check afterwards.
        force: upload even what the board runs already, or what its kernels are known to crash on.
        say: gets a line about each step.
        kernels: of `model/kernel_names.py`; empty: as the options of ESP-IDF say.

    Raises:
        KernelCrashError: the board would restart for ever.
        UploadFailedError: the firmware did not get onto the board.
        HilError: it cannot be built, or the board does not run it afterwards.
    """
    record = Uploads(ROOT / ".pio" / "uploads.json")
    running = None if force and chip else _running(port.device)
    kind = chip or _chip(running, port)
    env = flashable()[kind].environment
    hold_against_kernels(bundle, chip_kernels(kind, kernels), force, say)
    # With another chip than the board says, esptool is to say what is wrong with it.
    wanted = running is not None and runs(running, bundle) and chip in (None, running.board)
    current = running if wanted and not force else None
    last = record.last(port, env)
    # Flashed elsewhere: its hashes are all that can be known, and they say nothing of its kernels.
    if current is not None and last is None and not kernels:
        return Flashed(current, uploaded=False)
    with explained(port.device):
        firmware = build_firmware(env, bundle.path, kernels=kernels)
    sha = hashlib.sha256(firmware.read_bytes()).hexdigest()
    if current is not None and last == sha:
        return Flashed(current, uploaded=False)
    say(f"Uploading `{env}` to {port.device} …")
    start = time.monotonic()
    record.forget(port)
    upload(env, firmware.parent.parent, bundle.path, port.device, kernels)
    say(f"Uploaded in {time.monotonic() - start:.1f} s")
    info = check(port.device, baud, bundle, say, kernels)
    record.keep(port, env, sha)
    return Flashed(info, uploaded=True)


def flash_image(
    image: FlashImage,
    bundle: Bundle,
    port: FoundPort,
    baud: tuple[int | None, int | None],
    force: bool,
    say: Callable[[str], None],
    progress: Callable[[int, int], None] | None = None,
) -> Flashed:
    """Bring a firmware that was built elsewhere onto the board at `port`, without PlatformIO.

    Args:
        image: read and checked.
        bundle: what the board should run, if the image was built for it; that is seen by the model in it.
        port: where the board is.
        baud: line speed of the upload, and of the check afterwards.
        force: upload even what the chip's kernels are known to crash on.
        say: gets a line about each step.
        progress: called with (bytes written, bytes in all).

    Raises:
        KernelCrashError: the board would restart for ever.
        UploadFailedError: the firmware did not get onto the board.
        HilError: the board does not answer afterwards, or does not run what the image holds.
    """
    expected = bundle if image.holds(bundle.model_bytes) else None
    if expected is not None:
        hold_against_kernels(expected, chip_kernels(image.chip), force, say)
    else:
        say(
            f"{image.path} was built for another bundle than {bundle.name!r}: afterwards it is only seen that the "
            "board answers (--bundle names the one it was built for)"
        )
    say(f"Uploading {image.size:,} bytes for the {image.chip} to {port.device} …")
    start = time.monotonic()
    Uploads(ROOT / ".pio" / "uploads.json").forget(port)
    upload_image(image, port.device, baud[0], progress)
    say(f"Uploaded and verified in {time.monotonic() - start:.1f} s")
    return Flashed(check(port.device, baud[1], expected, say), uploaded=True)


def hold_against_kernels(
    bundle: Bundle, device: DeviceKernels, force: bool, say: Callable[[str], None]
) -> None:
    """Tell the known faults of a chip's kernels that the bundle's model meets.

    Raises:
        KernelCrashError: one crashes the board, and it is not forced.
    """
    try:
        for known in refuse_crashes(bundle, device):
            say(f"warning: {known}")
    except KernelCrashError as error:
        if not force:
            raise
        say(f"{error.cause}; flashed all the same")


def _running(url: str) -> Info | None:
    """What the board says of itself; None when it cannot: a firmware that crashes is what a new one is flashed for."""
    try:
        return probe(url)
    except (FirmwareCrashedError, NotBootingError):
        return None


def _chip(running: Info | None, port: FoundPort) -> str:
    """The chip: what its firmware says, else what its adapter suggests."""
    if running is not None and running.board in flashable():
        return running.board
    return likely_kind(port).name


def runs(info: Info, bundle: Bundle) -> bool:
    """Whether the board already runs this very bundle."""
    try:
        check_identity(info, bundle)
    except StaleFirmwareError:
        return False
    return True


def check(
    url: str, baud: int | None, bundle: Bundle | None, say: Callable[[str], None], kernels: str = ""
) -> Info:
    """Connect to what was just flashed and compare hashes; with no bundle, only see that it answers.

    An upload leaves the model slot alone. If another bundle lies there it would go on being used, so the board is told
    to go back to the one compiled in.

    Raises:
        HilError: it does not answer, or does not run the bundle with the kernels that were asked for.
    """
    time.sleep(REBOOT_S)  # esptool's reset, and a USB port that vanishes and comes back with it
    with contextlib.closing(SerialBoard(url)) as board:
        try:
            device, info = connect(board, BoardChoice(AT_A_PORT.name, url, baud))
        except HilError as error:
            raise HilError(
                f"the upload went well, but the new firmware does not answer: {error.cause}", error.cure
            ) from error
        with contextlib.closing(device):
            if info.capabilities & Capability.SET_ASIDE:
                say("Emptying the model slot, whose bundle crashed the board or does not load …")
                device.deploy(b"")
                info = device.info()
            elif info.bundle_source and (bundle is None or not runs(info, bundle)):
                name = info.bundle_name.decode("utf-8", "replace")
                say(f"Emptying the model slot, where bundle {name!r} lay …")
                device.deploy(b"")
                info = device.info()
            if bundle is not None:
                check_identity(info, bundle)
            if kernels:
                check_kernels(info, device.build(), kernels)
    return info
