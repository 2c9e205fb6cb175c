"""A trace in a sentence: which op departs, in how many cells, by how much, what they have in common, what equals."""

from .op_by_op import Departure, OutputAfter, TensorTrace
from .traced_device import is_state

MOST_PATTERNS = 2
MOST_LATER = 3


def trace_sentence(trace: TensorTrace) -> str:
    """What a trace found, in one sentence without its full stop; where the host's interpreters part says so first."""
    first = f"{trace.parting}; " if trace.parting else ""
    if trace.departure is not None:
        return first + departure_sentence(trace.departure) + _follows(trace)
    if trace.overwritten:
        return first + "; ".join(map(overwritten_sentence, trace.overwritten))
    if any(row.equal is False for row in trace.rows):
        return first + "tensors differ, and their bytes could not be compared"
    return first + f"all {trace.compared:,} tensors of window {trace.window} are equal" + _not_compared(trace)


def departure_sentence(departure: Departure) -> str:
    """E.g. "op 3 of 11, CONV_2D `conv2` (1×31×20×16, 3×3): 12 of 9,920 cells differ, at most 1 LSB; …"."""
    row = departure.row
    about = f" ({', '.join(row.parameters)})" if row.parameters else ""
    layer = f" `{row.layer}`" if row.layer else ""
    state = "what it keeps for the next window, " if is_state(row.record) else ""
    differ = "differs" if row.different == 1 else "differ"
    many = f"{row.different:,} of {row.cells:,} cells {differ}" if row.cells > 1 else "its only cell differs"
    words = [
        f"op {row.record.op} of {departure.ops}, {row.op}{layer}{about}: {state}{many}, {_by(departure)}"
    ]
    words += [pattern.words for pattern in departure.found[:MOST_PATTERNS]]
    return f"{', '.join(words)}; {_inputs(departure)}"


def _by(departure: Departure) -> str:
    largest = departure.row.largest or 0
    return f"at most {largest:,} LSB" if departure.row.cells > 1 else f"by {largest:,} LSB"


def _inputs(departure: Departure) -> str:
    states = departure.inputs
    if not states:
        return "it reads constants alone"
    several = len(states) > 1
    if departure.inputs_equal:
        return f"its {'inputs are' if several else 'input is'} equal"
    unknown = [number for number, equal in states if equal is None]
    if unknown:
        return f"of its {'inputs' if several else 'input'} the board told nothing"
    wrong = [str(number) for number, equal in states if equal is False]
    return f"its input{'s' if len(wrong) > 1 else ''} {', '.join(wrong)} differ{'' if len(wrong) > 1 else 's'} too"


def _follows(trace: TensorTrace) -> str:
    return (
        "; the device computes what the host's other interpreter does, op for op"
        if trace.follows_other
        else ""
    )


def _not_compared(trace: TensorTrace) -> str:
    left = len(trace.rows) - trace.compared
    return f", {left:,} more could not be compared" if left else ""


def overwritten_sentence(found: OutputAfter) -> str:
    """Something wrote over an output: which ops can have."""
    row = found.row
    later = [f"op {each.record.op}, {each.op}" for each in found.later]
    named = "; ".join(later[:MOST_LATER]) + (
        f" and {len(later) - MOST_LATER} more" if len(later) > MOST_LATER else ""
    )
    patterns = "".join(f", {pattern.words}" for pattern in found.found[:MOST_PATTERNS])
    return (
        f"output {found.number} (`{row.layer}`, op {row.record.op}, {row.op}) was equal when its op ended, and "
        f"{found.different:,} of {row.cells:,} cells of it differ after the last op{patterns}: "
        + (
            f"what ran behind it wrote over it ({named})"
            if found.written_over
            else "no op that ran later does that, so what reads it is wrong"
        )
    )
