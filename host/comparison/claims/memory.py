"""What the board says of its memory can be true."""

from ...core.c_link import link_state_bytes
from ...link import messages as m
from ...link.link import LEAST_PAYLOAD
from ..cause import with_cause
from ..record import RunRecord
from ..wrong_number import numbers_beside, size_told, whose
from .buffer_sizes import buffer_told
from .conduct import UNREACHED
from .finding import Finding, broken, held, judged, not_examined

REAL_BOARDS = ("esp32", "esp32s3", "qemu")
LEAST_ARENA = 4  # pointers of half the size, and what else differs between builds of TFLite Micro
MOST_ARENA = 4
MOST_ARENA_REAL = 64  # fast kernels take scratch buffers of their own, which a small model does not
KIB = 1024
SYNC = "max_payload, begin_sync_ack in firmware/core/link/send.c"
LARGEST_CORE = 16  # times the parts that the host knows of


def find_arena(run: RunRecord) -> Finding:
    """The model's arena holds what it uses."""
    if not run.inference:
        return not_examined("the model does not run: --features-only")
    if not run.info.protocol:
        return not_examined(UNREACHED)
    used, size, known = run.info.arena_used, run.info.arena_size, run.bundle.model.arena_bytes
    ratio = f", {used / known:.2f} of the bundle's figure" if known else ""
    evidence = f"{used:,} of {size:,} bytes{ratio}"
    if not 0 < used <= size:
        of_other = _no_arena(run) or _size_in_kib(run)
        of_other = (
            of_other or _which(size, _of_info(run, "arena_size")) or _which(used, _of_info(run, "arena_used"))
        )
        exchanged = known and used and known / LEAST_ARENA <= size <= known * MOST_ARENA
        about = f": both are exchanged, for the bundle's model uses {known:,}" if exchanged else of_other
        return broken(evidence, f"the arena is said to use {used:,} of {size:,} bytes{about}")
    # A virtual board's model runs in the same wheel as the witness. Pointers of other boards have another size.
    if run.board == "virtual" and run.witness_arena and used != run.witness_arena:
        return broken(
            evidence,
            f"the arena is said to use {used:,} bytes, and TFLite Micro on this computer uses {run.witness_arena:,}"
            + (": it is told in KiB" if used == run.witness_arena // KIB else "")
            + (
                ": that is what it leaves of the arena"
                if used == size - run.witness_arena
                else _of_info(run, "arena_used")
            ),
        )
    if run.board == "virtual" and run.witness_arena_size and size != run.witness_arena_size:
        return broken(
            evidence,
            f"the arena is said to have {size:,} bytes, and TFLite Micro on this computer is given "
            f"{run.witness_arena_size:,} for this model{_of_info(run, 'arena_size')}",
        )
    most = MOST_ARENA if run.board == "virtual" else MOST_ARENA_REAL
    if known and not known / LEAST_ARENA <= used <= known * most:
        return broken(
            evidence,
            f"the arena is said to use {used:,} bytes, the bundle's figure is {known:,}"
            + (_of_info(run, "arena_used") or ": another unit?"),
        )
    return held(evidence)


def _no_arena(run: RunRecord) -> str:
    """Why there is no arena, in words behind a colon."""
    if run.info.arena_used or run.info.arena_size:
        return ""
    if not run.info.capabilities & m.Capability.INFERENCE:
        return ": no model is loaded"
    return ": a model is loaded, and neither figure is set"


def _other_buffers(status: m.Status, way: str) -> str:
    """That the most that one buffer held is told for both, in words behind a colon."""
    if not status.rx_high_water and not status.tx_high_water:
        return (
            ": neither mark is set, as where STATUS is told without taking them over from the buffers "
            "(link_get_counters in firmware/core/link/link.c)"
        )
    other = "receive" if way == "tx" else "send"
    same = status.rx_high_water == status.tx_high_water
    return f": that is what is told of the {other} buffer, too, and so its" if same else ""


def _size_in_kib(run: RunRecord) -> str:
    size, whole = run.info.arena_size, run.witness_arena_size
    told = run.board == "virtual" and size and size == whole // KIB
    return f": its size is told in KiB, for it has {whole:,}" if told else ""


def _of_info(run: RunRecord, field: str) -> str:
    """Which other number of INFO a figure is, in words behind a colon; empty: none, or several."""
    return whose(getattr(run.info, field), numbers_beside(run.info, field, "INFO's"))


def _which(number: int, of_other: str) -> str:
    """The same of one of two numbers in a sentence."""
    return of_other.replace(": that is", f": {number:,} is")


def find_core_ram(run: RunRecord) -> Finding:
    """The core's memory holds its parts."""
    if run.status is None:
        return not_examined("no STATUS was taken at the end")
    parts = run.status.rx_size + run.status.tx_size + run.info.max_cells
    evidence = f"{run.info.core_ram:,} bytes, buffers and window alone {parts:,}"
    reasons = []
    free = (run.status.stack_free, run.status.heap_free, run.status.heap_min_free)
    if run.board == "virtual" and any(free):
        reasons.append(
            f"a virtual board cannot know its stack and heap, and says that {max(free):,} bytes are free"
        )
    for what, way, high, size in (
        ("receive", "rx", run.status.rx_high_water, run.status.rx_size),
        ("send", "tx", run.status.tx_high_water, run.status.tx_size),
    ):
        if not 0 < high <= size:
            of_other = (
                whose(size, numbers_beside(run.status, f"{way}_size", "STATUS's")) if high > size else ""
            )
            told = f"{high:,} of {size:,} bytes of the {what} buffer are said to have been used"
            reasons.append(told + (_which(size, of_other) or _other_buffers(run.status, way)))
    if 0 < run.status.rx_high_water < LEAST_PAYLOAD and any(file.windows for file in run.files):
        reasons.append(
            f"at most {run.status.rx_high_water:,} bytes of the receive buffer are said to have been used, and audio "
            "came in whole messages: "
            + (
                "the newest one's mark is told, not the most so far (record_ring_append in "
                "firmware/core/link/record_ring.c)"
                if run.status.tx_high_water
                else "as if what is used now were told"
            )
        )
    reasons += _limits(run, run.status)
    if run.info.core_ram < parts:
        told = f"the core is said to take {run.info.core_ram:,} bytes, its parts alone {parts:,}"
        about = size_told(run.info.core_ram) or _of_info(run, "core_ram") or _of_part(run, parts)
        reasons.append(with_cause(told, about))
    if run.info.core_ram > LARGEST_CORE * parts:
        told = f"the core is said to take {run.info.core_ram:,} bytes, its parts {parts:,}"
        reasons.append(told + _of_info(run, "core_ram"))
    return judged(evidence, reasons)


def _of_part(run: RunRecord, parts: int) -> str:
    """Which part alone is told as the core's memory, or which part is too large, in words behind a colon."""
    if run.board == "virtual" and run.info.core_ram == link_state_bytes():
        return (
            ": that is what the link's state takes alone (session_send_info in firmware/core/session/info.c)"
        )
    if run.info.max_cells > run.info.core_ram > parts - run.info.max_cells:
        return (
            f": for the window {run.info.max_cells:,} of them are said to be there (max_cells), which is too much, or "
            "core_ram is too little"
        )
    return ""


def _limits(run: RunRecord, status: m.Status) -> list[str]:
    """The answer to SYNC tells the receive buffer's size, too, and no longer payload than a frame carries."""
    if run.told_limits is None:
        return []
    longest, buffer, let_come = run.told_limits
    found = buffer_told(status, longest, buffer, let_come)
    if longest > m.MAX_PAYLOAD:
        most = f"a frame carries {m.MAX_PAYLOAD:,}"
        told = f"the answer to SYNC says that a payload may have {longest:,} bytes, and {most}"
        found.append(with_cause(told, f": that is its receive buffer ({SYNC})" if longest == buffer else ""))
    return found


def find_stack_and_heap(run: RunRecord) -> Finding:
    """Stack and heap were never used up."""
    status = run.status
    if status is None:
        return not_examined("no STATUS was taken at the end")
    values = (status.stack_free, status.heap_free, status.heap_min_free)
    evidence = f"stack {values[0]:,}, heap {values[1]:,}, least heap {values[2]:,} bytes free"
    if not any(values):
        return not_examined("the board cannot tell", "stack and heap: not known")
    reasons = [
        f"{what} is said to have 0 bytes free"
        for what, value in zip(("the stack", "the heap", "the heap, at its least,"), values, strict=True)
        if value == 0
    ]
    if status.heap_min_free > status.heap_free:
        reasons.append(
            f"the heap's least free bytes ({values[2]:,}) are more than those free now ({values[1]:,})"
        )
    return judged(evidence, reasons)


def is_real(run: RunRecord) -> bool:
    """Whether the board is one that knows its stack and heap: by its kind, whatever it says."""
    return run.board in REAL_BOARDS
