"""Is the board running what we are about to compare it with?"""

from ..bundle.load import Bundle
from ..detector.rule import DEFAULT
from ..errors import HilError
from ..invocation import command_line
from ..link import messages as m
from .wrong_bytes import how_bytes

SOURCES = {0: "compiled in", 1: "model slot", 2: "on trial"}

# Fields of INFO, and what each is the hash of.
HASHES = {
    "model_hash": "model",
    "frontend_hash": "front end",
    "settings_hash": "window, thresholds or labels",
}
FILLS_INFO = "firmware/core/session/info.c"
LEAST_NAME = 4  # characters, that INFO begins with by no chance


class StaleFirmwareError(HilError):
    """The board runs another bundle than the one in use."""


def check_detector(info: m.Info, bundle: Bundle) -> None:
    """Refuse a bundle whose kind of detector is unknown to a firmware from before there were kinds.

    Raises:
        StaleFirmwareError: it is; says which.
    """
    kind = bundle.detector.kind
    if kind != DEFAULT and not info.capabilities & m.Capability.DETECTORS:
        raise StaleFirmwareError(
            f"the board's firmware {info.firmware_version} knows no kind of detector but "
            f"{DEFAULT!r}, and bundle {bundle.name!r} needs {kind!r}",
            f"flash a newer firmware (`{command_line('flash', '--bundle', bundle.path)}`)",
        )


def check_identity(info: m.Info, bundle: Bundle) -> None:
    """Refuse to go on when the device's model or settings are not the bundle's.

    Raises:
        StaleFirmwareError: a hash or the protocol differs, or the firmware lacks the detector's kind; says which, and
            what to do.
    """
    device = info.bundle_name.decode("utf-8", "replace")
    cure = (
        f"flash the firmware of this bundle (`{command_line('flash', '--bundle', bundle.path)}`), deploy it "
        f"(`{command_line('deploy', '--bundle', bundle.path)}`), or name the board's bundle with --bundle"
    )
    if info.capabilities & m.Capability.SET_ASIDE:
        cure = (
            "the bundle in its model slot crashed the board or does not load, so the one compiled in is used until "
            f"another is deployed; the board's log says why. {cure[0].upper()}{cure[1:]}. "
            "`python -m host deploy --erase` empties the slot"
        )
    if info.protocol != m.PROTOCOL_VERSION and begins_with(info, bundle.name):
        raise StaleFirmwareError(
            f"INFO begins with {bundle.name!r}, the bundle's name, which belongs behind its fields: of an answer that "
            "is put together of two parts the second lies where the first does",
            "look at what puts them together (link_send in firmware/core/link/send.c)",
        )
    if info.protocol != m.PROTOCOL_VERSION:
        raise StaleFirmwareError(
            f"the firmware speaks protocol {info.protocol}, this program {m.PROTOCOL_VERSION}",
            "flash the firmware again",
        )
    check_detector(info, bundle)
    for field, what in HASHES.items():
        theirs, ours = getattr(info, field), getattr(bundle, field)
        if theirs == ours:
            continue
        if wrongly := wrongly_told(field, theirs, bundle):
            raise StaleFirmwareError(
                f"INFO of bundle {device!r} tells {field} {theirs.hex()[:12]}…, {ours.hex()[:12]}… is right{wrongly}",
                f"look at what fills {field} of INFO ({FILLS_INFO}): no other bundle has such a hash, so a bundle that "
                "is flashed or deployed changes nothing",
            )
        raise StaleFirmwareError(
            f"the board runs bundle {device!r} with another {what} ({theirs.hex()[:12]}…) than bundle "
            f"{bundle.name!r} ({ours.hex()[:12]}…)",
            cure,
        )


def begins_with(info: m.Info, name: str) -> bool:
    """Whether the bytes of INFO begin with what must stand behind all others."""
    text = name.encode()
    return len(text) >= LEAST_NAME and info.bundle_name != text and info.encode().startswith(text)


def wrongly_told(field: str, theirs: bytes, bundle: Bundle) -> str:
    """How a hash is made of the bundle's own, which no other bundle's is, in words behind a colon; else empty.

    Args:
        field: of INFO, one of HASHES.
        theirs: the hash that the board tells, which is not the bundle's.
        bundle: that it should run.
    """
    for other in HASHES:
        if other != field and theirs == getattr(bundle, other):
            return f": that is its {other}"
    if not any(theirs):
        return ": it is all zeros"
    return how_bytes(theirs, getattr(bundle, field))


def describe(info: m.Info) -> str:
    """One line about the board."""
    source = SOURCES.get(info.bundle_source, "model slot")
    if info.capabilities & m.Capability.SET_ASIDE:
        source += "; the one in the model slot is set aside, because it crashed the board or does not load"
    return (
        f"{info.board} ({info.chip}), firmware {info.firmware_version}, bundle "
        f"{info.bundle_name.decode('utf-8', 'replace')!r} ({source})"
    )


def timing_note(info: m.Info) -> str:
    """How far the board's latencies can be trusted; empty when they are the target's own."""
    if info.capabilities & m.Capability.VIRTUAL_TIME:
        return "Latencies are this computer's, not a board's."
    if info.capabilities & m.Capability.EMULATED:
        return "Latencies are an emulator's, not a board's."
    return ""
