"""Is the board running what we are about to compare it with?"""

from ..bundle.load import Bundle
from ..detector.rule import DEFAULT
from ..errors import HilError
from ..invocation import command_line
from ..link import messages as m

SOURCES = {0: "compiled in", 1: "model slot", 2: "on trial"}


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
    if info.protocol != m.PROTOCOL_VERSION:
        raise StaleFirmwareError(
            f"the firmware speaks protocol {info.protocol}, this program {m.PROTOCOL_VERSION}",
            "flash the firmware again",
        )
    check_detector(info, bundle)
    for what, theirs, ours in (
        ("model", info.model_hash, bundle.model_hash),
        ("front end", info.frontend_hash, bundle.frontend_hash),
        ("window, thresholds or labels", info.settings_hash, bundle.settings_hash),
    ):
        if theirs != ours:
            raise StaleFirmwareError(
                f"the board runs bundle {device!r} with another {what} ({theirs.hex()[:12]}…) than bundle "
                f"{bundle.name!r} ({ours.hex()[:12]}…)",
                cure,
            )


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
