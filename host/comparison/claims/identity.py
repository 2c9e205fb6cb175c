"""The board runs what it is compared with."""

from collections.abc import Mapping

from ...board.wrong_bytes import how_bytes
from ...build.core_limits import core_limits
from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...detector.rule import DEFAULT
from ...link import messages as m
from ...printable import counted, printable
from ..cause import with_cause
from ..checksums_read import one_byte, one_run, settings_field, settings_otherwise
from ..fields_read import field_otherwise, log_mel_fields, settings_fields, table_otherwise
from ..proof import covered, expected_proof, nonce_checksum, part_otherwise, proofs_otherwise
from ..record import RunRecord
from ..wrong_number import how, numbers_beside, whose
from .conduct import UNREACHED
from .finding import Finding, broken, held, judged, not_examined
from .texts import TEXTS, whose_text

SECTOR_BYTES, KIB = 4096, 1024
MOST_SECTORS = 3  # that a slot is smaller or larger by: more are another number
VIRTUAL = "virtual"  # a kind of board, and what the firmware made for it calls itself
# Capabilities that follow from the bundle, or are states.
FOLLOWING = m.Capability.INFERENCE | m.Capability.LOGITS | m.Capability.SET_ASIDE
# All of them wrong: another bundle runs, and a number of its that is like one of the right one's is so by chance.
OF_ONE_BUNDLE = ("model_hash", "frontend_hash", "settings_hash", "bundle_name")
LOGITS_ALONE = (
    ", though its model runs: look at the condition under which that bit is set (capabilities in "
    "firmware/core/session/info.c)"
)
HALVING = "half_size in slot_init, slot_capacity in firmware/core/bundle/slot.c"
HEADER_CURE = (
    "look at what lays it out (fe_image_of in firmware/core/frontend/log_mel/image.c), and where columns differ, at "
    "what the front end computes with"
)
SETTINGS_MADE = "settings_crc32 in firmware/core/session/proof.c"
FLASH = "this firmware is older than the host and has no such request: flash it"


def find_identity(run: RunRecord) -> Finding:
    """Every field of INFO that the bundle knows is the bundle's."""
    if not run.info.protocol:
        return not_examined(UNREACHED)
    wrong = wrong_info(run.info, run.bundle, run.inference)
    wrong += _impossible(run) + _unlike_facts(run) + _boot_ids(run)
    name = run.info.bundle_name.decode("utf-8", "replace")
    fields = len(expected_info(run.bundle, run.inference)) + len(run.facts.info)
    return judged(f"{fields} fields of INFO, bundle {name!r}", wrong)


def wrong_info(info: m.Info, bundle: Bundle, inference: bool) -> list[str]:
    """What INFO says of a bundle that is not so, in words.

    Args:
        info: what the board said.
        bundle: that it should run.
        inference: whether it must be able to run the model.
    """
    found = []
    fields = expected_info(bundle, inference)
    another = all(getattr(info, field) != fields[field] for field in OF_ONE_BUNDLE)
    for field, right in fields.items():
        theirs = getattr(info, field)
        if theirs != right:
            what = f"INFO says {field} {_shown(theirs)}, the bundle {_shown(right)}"
            found.append(what if another else what + _about(info, field, fields, bundle))
    needed = m.Capability.INFERENCE if inference else m.Capability(0)
    if inference and bundle.model.logits is not None:
        needed |= m.Capability.LOGITS
    if bundle.detector.kind != DEFAULT:
        needed |= m.Capability.DETECTORS
    for bit in m.Capability:
        if needed & bit and not info.capabilities & bit:
            alone = bit is m.Capability.LOGITS and info.capabilities & m.Capability.INFERENCE
            found.append(f"INFO says that the board has no {bit.name}" + LOGITS_ALONE * bool(alone))
    return found


def _about(info: m.Info, field: str, fields: dict[str, object], bundle: Bundle) -> str:
    """What a wrong field of INFO is, in words behind a colon; empty: nothing that is known."""
    if field in TEXTS:
        return whose_text(info, field, fields, tuple(bundle.labels))
    if field == "classes" and info.classes == 2 * len(bundle.labels) and bundle.model.logits is not None:
        return (
            ": those are its scores and logits together (session_send_info in firmware/core/session/info.c)"
        )
    return _of_which(field, getattr(info, field), fields) or _beside(info, field)


def _of_which(field: str, theirs: object, fields: dict[str, object]) -> str:
    """What a wrong field has to do with the right one, or with other fields, in words behind a colon."""
    right = fields[field]
    if isinstance(theirs, int) and isinstance(right, int):
        return how(
            theirs, right, {f"its {name}": other for name, other in fields.items() if isinstance(other, int)}
        )
    same = [name for name, other in fields.items() if name != field and other == theirs]
    if same:
        return f": that is its {same[0]}"
    return how_bytes(theirs, right) if isinstance(theirs, bytes) and isinstance(right, bytes) else ""


def _beside(info: m.Info, field: str) -> str:
    """Which other number of INFO a wrong one is, in words behind a colon; empty: none, or several."""
    theirs = getattr(info, field)
    return whose(theirs, numbers_beside(info, field)) if isinstance(theirs, int) else ""


def _unlike_facts(run: RunRecord) -> list[str]:
    """What a board that was made and started here says of itself that is not so."""
    facts, info = run.facts, run.info
    exchanged, told = _exchanged(info, facts.info)
    found = told + [
        f"INFO says {field} {_shown(getattr(info, field))}, the board was started with {_shown(right)}"
        + (
            _unlike_fact(run, field)
            or _of_halves(run, field, right)
            or _in_sectors(run, field, right)
            or _in_units(getattr(info, field), right)
            or _beside(info, field)
        )
        for field, right in facts.info.items()
        if getattr(info, field) != right
        and field not in (*exchanged, "board")  # that is told for every virtual board
    ]
    if facts.capabilities is None:
        return found
    for bit in m.Capability:
        if bit & FOLLOWING or not (info.capabilities ^ facts.capabilities) & bit:
            continue
        has = "a" if info.capabilities & bit else "no"
        found.append(f"INFO says that the board has {has} {bit.name}, which is not how it was started")
    return found


def _exchanged(info: m.Info, right: Mapping[str, object]) -> tuple[tuple[str, ...], list[str]]:
    """Two fields of which each has the other's number, where no other one is wrong: their names, and a sentence."""
    wrong = [field for field, value in right.items() if getattr(info, field) != value]
    if len(wrong) != 2:
        return (), []
    one, other = wrong
    if getattr(info, one) != right[other] or getattr(info, other) != right[one]:
        return (), []
    return (one, other), [
        f"INFO says {one} {_shown(getattr(info, one))} and {other} {_shown(getattr(info, other))}, the board was "
        f"started with {_shown(right[one])} and {_shown(right[other])}: each is the other's (session_send_info in "
        "firmware/core/session/info.c)"
    ]


def _unlike_fact(run: RunRecord, field: str) -> str:
    """What a text is that is not as the board was started, or a reason of its start."""
    if field in TEXTS:
        return whose_text(run.info, field, _texts(run), tuple(run.bundle.labels))
    if field == "reset_reason" and run.info.reset_reason == m.ResetReason.UNKNOWN:
        return " (why it booted, 0 is unknown): as if it were never set"
    return ""


def _of_halves(run: RunRecord, field: str, right: object) -> str:
    """Which part of the flash a slot's size is that is not half of it, in words; empty: none that is plain."""
    if field != "slot_size" or not isinstance(right, int) or not run.info.slot_size:
        return ""
    half = right + SECTOR_BYTES  # what a record takes comes off
    words = {
        2 * half - SECTOR_BYTES: "all of the flash but a record's sector: it is not halved",
        2 * half: "all of the flash: it is not halved, and a record's sector does not come off",
        half // 2 - SECTOR_BYTES: "a quarter of the flash but a record's sector: it is halved twice",
    }.get(run.info.slot_size)
    return f": that is {words} ({HALVING})" if words else ""


def _in_sectors(run: RunRecord, field: str, right: object) -> str:
    """By how many sectors a slot is smaller or larger than it must be, in words; empty: by no few."""
    if field != "slot_size" or not isinstance(right, int):
        return ""
    apart = abs(run.info.slot_size - right)
    if not run.info.slot_size or not apart or apart % SECTOR_BYTES or apart > MOST_SECTORS * SECTOR_BYTES:
        return ""
    sectors = counted(apart // SECTOR_BYTES, "flash sector")
    return (
        f": {sectors} of {SECTOR_BYTES:,} bytes {'less' if run.info.slot_size < right else 'more'}; look at how flash "
        f"is halved and what a record takes ({HALVING})"
    )


def _boot_ids(run: RunRecord) -> list[str]:
    """The answer to SYNC tells the boot id of INFO, by which a restart is known."""
    told, nonce = run.boot_ids or (None, 0)
    if told is None or told == run.info.boot_id or run.restarts:
        return []
    about = ": that is what our SYNC had for seq and ack (sync_nonce)" if told == nonce else ""
    return [
        with_cause(
            f"the answer to SYNC tells boot id {told:#010x}, and INFO {run.info.boot_id:#010x}",
            f"{about}; look at what fills the answer's (boot_id, begin_sync_ack in firmware/core/link/send.c)",
        )
    ]


def _texts(run: RunRecord) -> dict[str, object]:
    return {**run.facts.info, "bundle_name": run.bundle.name}


def _in_units(theirs: object, right: object) -> str:
    """What a number has to do with the one that the board was started with."""
    if not isinstance(theirs, int) or not isinstance(right, int):
        return ""
    return how(theirs, right, factors={"flash sectors": SECTOR_BYTES, "KiB": KIB})


def _impossible(run: RunRecord) -> list[str]:
    """What a board that runs the bundle cannot say of itself."""
    settings, info = run.bundle.settings, run.info
    found = [
        f"INFO says {field} {getattr(info, field):,}, the bundle needs {least:,}{_beside(info, field)}"
        for field, least in (
            ("max_cells", run.bundle.frames * settings.bands),
            ("max_fft", settings.fft),
            ("max_bands", settings.model_bands),
        )
        if getattr(info, field) < least
    ]
    found += _unlike_limits(run)
    if run.board == VIRTUAL and info.board != VIRTUAL:
        about = whose_text(info, "board", {**_texts(run), "board": VIRTUAL}, tuple(run.bundle.labels))
        found.append(f"INFO says that the board is {printable(info.board)!r}, it is {VIRTUAL!r}{about}")
    return found


def _unlike_limits(run: RunRecord) -> list[str]:
    """Limits that the core was not built with, on a board that was made here, for the bundle in use."""
    limits, info, bundle = core_limits(), run.info, run.bundle
    if run.board != VIRTUAL or run.facts.info.get("bundle_source") != info.bundle_source:
        return []
    cells = max(limits["CORE_MAX_CELLS"], bundle.frames * bundle.settings.bands)
    points = FrontEnd(bundle.settings, tables=bundle.tables).max_fft
    about = (
        ": that is the most that a bundle may ask for" if info.max_cells == limits["CORE_MOST_CELLS"] else ""
    )
    found = []
    if info.max_cells != cells:
        about = about or _beside(info, "max_cells")
        found.append(f"INFO says max_cells {info.max_cells:,}, the board was built with {cells:,}{about}")
    if info.max_fft != points and info.max_fft >= bundle.settings.fft:
        of_others = {limits[name] for name in limits if name.startswith("CORE_MAX_FFT")}
        if info.max_fft == bundle.settings.fft:
            about = ": that is its fft"
        elif info.max_fft in of_others:
            about = ": that is the limit of other kinds (fe_max_fft in firmware/core/frontend/frontend.c)"
        else:
            about = _beside(info, "max_fft")
        found.append(f"INFO says max_fft {info.max_fft:,}, and its front end is built for {points:,}{about}")
    return found


def expected_info(bundle: Bundle, inference: bool) -> dict[str, object]:
    """The fields of INFO that the bundle determines."""
    settings = bundle.settings
    fields: dict[str, object] = {
        "protocol": m.PROTOCOL_VERSION,
        "model_hash": bundle.model_hash,
        "frontend_hash": bundle.frontend_hash,
        "settings_hash": bundle.settings_hash,
        "sample_rate": settings.sample_rate,
        "window": settings.window,
        "hop": settings.hop,
        "fft": settings.fft,
        "bands": settings.bands,
        "frames": bundle.frames,
        "stride": bundle.stride,
        "bundle_name": bundle.name.encode(),
    }
    if inference:
        fields |= {"classes": len(bundle.labels), "has_logits": int(bundle.model.logits is not None)}
    return fields


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return f"{value.hex()[:12]}…" if len(value) == 32 else repr(value.decode("utf-8", "replace"))
    return str(value)


def find_proof(run: RunRecord) -> Finding:
    """The bytes that the board really uses are the bundle's."""
    if run.nonce is None:
        return not_examined("the board was not asked")
    if run.proof is None:
        return not_examined(FLASH)
    evidence = (
        f"CRC-32 with nonce {run.nonce:08x}: model {run.proof.model:08x}, front end {run.proof.frontend:08x}, "
        f"settings {run.proof.settings:08x}"
    )
    wrong = differing_proof(run.bundle, run.nonce, run.proof)
    if not wrong and run.last_nonce is not None and run.last_proof is not None:
        evidence += f"; asked again at the end with nonce {run.last_nonce:08x}"
        wrong = differing_proof(run.bundle, run.last_nonce, run.last_proof, " at the end of the run")
    return broken(evidence, *wrong) if wrong else held(evidence)


def differing_proof(
    bundle: Bundle, nonce: int, proof: m.Proof, when: str = "", earlier: bool = False
) -> list[str]:
    """Which of the bytes in use are not the bundle's, in words; `when` is said with them.

    `earlier`: the bytes may be those of a bundle before, which another one may begin with.
    """
    right = expected_proof(bundle, nonce)
    parts = (
        ("the model", bundle.model_bytes, proof.model, right.model),
        ("the front end's tables", bundle.frontend_image, proof.frontend, right.frontend),
        ("window, thresholds and labels", bundle.settings_block, proof.settings, right.settings),
    )
    if all(theirs != ours for *_, theirs, ours in parts):
        return [_all_differ(bundle, nonce, proof, when)]
    found = []
    for what, data, theirs, ours in parts:
        some = "" if earlier or theirs == ours else covered(data, nonce_checksum(nonce), theirs)
        if some:
            found.append(
                f"the checksum of {what} covers {some}{when} (CRC-32 {theirs:08x}, {ours:08x} is right)"
            )
        elif theirs != ours:
            found.append(
                f"the bytes of {what} on the board are not the bundle's{when}, or its checksum is made of others "
                f"(CRC-32 {theirs:08x}, {ours:08x} is right)"
                + _which_bytes(bundle, nonce, data, theirs, ours)
            )
    return found


def _which_bytes(bundle: Bundle, nonce: int, data: bytes, theirs: int, ours: int) -> str:
    """Which other bytes give a checksum, in words behind a colon; empty: none that are tried do."""
    start = nonce_checksum(nonce)
    if words := part_otherwise(bundle, nonce, data, theirs):
        return f": it is that of the right bytes where {words}"
    if data == bundle.settings_block and (words := settings_otherwise(bundle, start, theirs)):
        return f": it is that of bytes with {words}"
    if data == bundle.settings_block and (words := field_otherwise(data, settings_fields(), start, theirs)):
        return f": it is that of the right bytes with {words} ({SETTINGS_MADE})"
    if data == bundle.frontend_image and (
        words := field_otherwise(data, log_mel_fields(data), start, theirs)
    ):
        return f": it is that of the right bytes with the header's {words}; {HEADER_CURE}"
    if data == bundle.frontend_image and (words := table_otherwise(data, start, theirs)):
        return f": it is that of the right bytes with {words}; {HEADER_CURE}"
    if other := one_byte(data, theirs, ours):
        place, value = other
        of = settings_field(bundle, place) if data == bundle.settings_block else ""
        which = f"{place:,} ({of})" if of else f"{place:,}"
        return f": it is that of the right bytes with byte {which} {value:#04x} instead of {data[place]:#04x}"
    if data != bundle.model_bytes and (run := one_run(data, start, theirs)):
        return _on_from_elsewhere(*run)
    return ""


def _on_from_elsewhere(before: int, place: int) -> str:
    """What a checksum covers of the right bytes, in words behind a colon, where a table of another length does that."""
    first, end = sorted((before, place))
    how = "without" if before < place else "covered twice:"
    cure = "look at how long each table is where the pieces of the image are listed"
    return f": it is that of the right bytes {how} bytes {first:,} to {end - 1:,}; {cure}"


def _all_differ(bundle: Bundle, nonce: int, proof: m.Proof, when: str) -> str:
    """What is wrong where none of the three checksums is right: bytes of all three hardly ever are."""
    told = (
        f"none of the three checksums is right{when} (of the model CRC-32 {proof.model:08x}, "
        f"{expected_proof(bundle, nonce).model:08x} is right)"
    )
    for words, otherwise in proofs_otherwise(bundle, nonce):
        if (proof.model, proof.frontend, proof.settings) == otherwise:
            return f"{told}: the bytes are the bundle's, and {words}"
    if when:
        return "the board answers another nonce with the checksums it gave before, or runs another bundle now"
    return f"{told}: another bundle runs, or they are computed otherwise"
