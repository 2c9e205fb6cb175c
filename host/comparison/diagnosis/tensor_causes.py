"""What is usually wrong where a trace finds a tensor that departs: by what its differing cells have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...bundle.load import Bundle
from ...frontend.normalised.settings import NormalisedSettings
from ...trace.op_by_op import Departure, TensorTrace, op_rows
from ...trace.stages import ColumnTrace
from ...trace.words import trace_sentence
from .again import LEAST_RECURRING
from .evidence import FileRecord, TracedFile
from .figures import OR_ELSE, Cause
from .finding import Finding
from .inputs import STATEFUL_OPS
from .stage_cause import stage_cause, where_computed
from .unwritten_ends import CURE as ENDS_CURE
from .unwritten_ends import unwritten_ends

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")
_PADDED = (*_CONVOLUTIONS, "AVERAGE_POOL_2D", "MAX_POOL_2D", "PAD", "PADV2")
_OWN_KERNELS = "hold it against TFLite Micro's own kernels: `flash --kernels reference`"


@dataclass(frozen=True)
class TensorCause:
    """A usual cause.

    Attributes:
        pattern: what the differing cells have in common; a name of `trace.pattern`.
        what: what may be wrong.
        cure: a sentence without its full stop.
        ops: that it is about; empty for any.
    """

    pattern: str
    what: str
    cure: str
    ops: tuple[str, ...] = ()


# In order: of those that fit a departure the first is told.
TENSORS: tuple[TensorCause, ...] = (
    TensorCause(
        "one channel",
        "one channel's multiplier, shift or bias is wrong: per-channel parameters are read past their end, or "
        "from memory that something wrote over",
        f"Look at where the op's per-channel data lies (its persistent buffers), and {_OWN_KERNELS}",
        (*_CONVOLUTIONS, "FULLY_CONNECTED"),
    ),
    TensorCause(
        "few channels",
        "some channels' multipliers, shifts or biases are wrong, or the kernel's loop over channels leaves some over",
        f"Look at channel counts that are no multiple of 4, 8 or 16 in the kernel, and {_OWN_KERNELS}",
        (*_CONVOLUTIONS, "FULLY_CONNECTED"),
    ),
    TensorCause(
        "border",
        "the padding is wrong: its value (the input's zero point, not 0), or how much of it lies on which side",
        f"Look at the kernel's padding and at the stride, and {_OWN_KERNELS}",
        _PADDED,
    ),
    TensorCause(
        "wrapped",
        "the sum or the result wraps around instead of being saturated",
        f"Look at the width of the accumulator and at the last clamp, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "saturated",
        "the bounds of the activation are wrong, or the clamp is applied before the zero point",
        f"Look at the fused activation's bounds in the kernel, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "other bounds",
        "the bounds of the fused activation are wrong",
        f"Look at how the kernel computes the activation's bounds of scale and zero point, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "offset",
        "the output's zero point, or the input's, is wrong",
        "Look at the zero points that the kernel is prepared with",
    ),
    TensorCause(
        "swapped",
        "two channels, or two classes, are written to each other's places",
        "Look at the order in which the kernel, or what copies the tensor, writes channels",
    ),
    TensorCause(
        "moved",
        "the op writes to an address that is off, or reads from one",
        "Look at the tensor's address and at what the kernel adds to it; `trace --shift` tells whether it matters",
    ),
    TensorCause(
        "never written",
        "the kernel does not write its output, or its input pointer is wrong",
        f"Look at whether the kernel's prepare and its evaluation took the same branch, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "tail",
        "what a vectorised loop leaves over at the end is computed otherwise, or not at all",
        f"Look at sizes that are no multiple of 4, 8 or 16 in the kernel, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "every k-th",
        "one lane of a vectorised loop is wrong",
        f"Look at the kernel's loop over lanes and at its input's alignment, and {_OWN_KERNELS}",
    ),
    TensorCause(
        "stretch",
        "something else wrote over a stretch of the tensor",
        "Look at what lies beside it in the arena: scratch buffers, and the stack; `trace --shift` moves them",
    ),
    TensorCause(
        "one cell",
        "something wrote over a single cell, or changed a weight or a table's entry that is in no other cell, where "
        "the op has one",
        "Look at what writes beside the cell, and at the model in the board's memory (`hil` proves its checksum)",
    ),
    TensorCause(
        "rounding",
        "halves are rounded the other way, or the multiplier has fewer bits: ESP-NN with CONFIG_NN_SKIP_NUDGE, or a "
        "kernel that is not bit-exact",
        f"Look at which kernels the firmware was built with, and {_OWN_KERNELS}",
    ),
)
WRITTEN_OVER = TensorCause(
    "written over",
    "an op that ran later wrote beyond its own output, or its scratch buffer lies over the tensor",
    "Look at the scratch buffers that kernels ask for when they are prepared, and at the rank they were written for",
)
EACH_TIME = TensorCause(
    "none, each time",
    "no op is wrong, and the same sound gives the wrong result each time: it is in what a stream does and a trace does "
    "not, such as the place of a window's columns in the ring, the windows' numbers and order, whether each runs the "
    "model, and when its outputs are copied",
    "Look at what a stream does with a window between its columns and the line",
)
NOT_AGAIN = TensorCause(
    "none, not again",
    "no op is wrong, and the same sound gives the right result now: what was wrong depends on what came before it (a "
    "count, or something that outlives a stream), or on chance (memory that is overwritten, two tasks that race)",
    "Restart the board and run the same files again: where the same place is wrong, look for a count and for what "
    "outlives a stream; else at what runs beside the inference (interrupts, the other core, DMA) and at stack sizes",
)
NOW_AND_THEN = TensorCause(
    "none, now and then",
    "no op is wrong, and the same sound gives the wrong result now and then: every so many windows (a count), or by "
    "chance (memory that is overwritten, two tasks that race)",
    "Run the same files some times more: where the windows that are wrong are always as many apart, look for a count; "
    "else at what runs beside the inference (interrupts, the other core, DMA) and at stack sizes",
)
COUNTED = TensorCause(
    "none, counted",
    "no op is wrong, and a window is wrong each time that as many have gone by, whatever its sound: something counts, "
    "and does another thing when it has counted so far",
    "Look at what counts windows or inferences on the device: a cache or a calibration that is renewed, a ring of "
    "results that wraps, a timer",
)
BY_CHANCE = TensorCause(
    "none, by chance",
    "no op is wrong, and windows are wrong at no regular distance, whatever their sound: by chance, as where memory is "
    "overwritten or two tasks race",
    "Look at what runs beside the inference (interrupts, the other core, DMA) and at stack sizes",
)
OF_STREAM = TensorCause(
    "none, of the stream",
    "no op is wrong, and of a sound that is streamed again and again the same windows are wrong each time: no chance, "
    "and no count that outlives a stream; it depends on what the stream was before, or on where its ring begins",
    "Look at what fills the model's input from the ring, cell by cell and wherever the ring begins (stream_put_window, "
    "model_ends_put: what is copied in part leaves cells as they were), and at what is kept from window to window",
)
REMEMBERED = TensorCause(
    "none, of a model with state",
    "no op is wrong, and the same sound gives the wrong result now and then: the model remembers what it saw, so its "
    "state may not be that of a new stream; a count, or chance, would show in the same way",
    "Look at what resets the model's variables when a stream starts, and whether each start does",
)


READS_STATE = ("READ_VARIABLE",)
STATE = TensorCause(
    "any, of an op that reads a variable",
    "what the model kept of the windows before is not what it wrote there: it was set back, taken from elsewhere, or "
    "written over, between two windows; the op itself copies",
    "Look at what resets the model's variables, and when: at each stream's start and nowhere else; then at what writes "
    "beside them in the arena",
)
WRONG_INPUT = TensorCause(
    "wrong input",
    "the columns are right, and the window that is made of them is not",
    "Look at what copies columns from the ring into the model's input (order, count, layout)",
)
WINDOWED_INPUT = replace(
    WRONG_INPUT,
    cure="Look at what relates a window's columns to one another (window_begin, window_measure and window_cells of the "
    "front end's kind), then at what copies columns from the ring",
)
UNSTEADY = TensorCause(
    "unsteady",
    "the model's input was another one when it was written once more from the same columns, so that it depends on what "
    "was written before; of the ops nothing is known",
    "Look at what copies columns from the ring into the model's input: what it moves, and what it leaves there",
)
# What is seen of a window whose ops are right and whose outputs as sent are not: true of what its model was given, too
WRITTEN_AGAIN = "its input, as it is written once more behind the window, is right, too"
WRONG_OUTPUTS = TensorCause(
    "wrong outputs",
    "the model's ops are right, and what is sent is not what they give of this window",
    "Look at what copies and converts the output tensors, at which of them is which, and at whether the input is "
    "written before the model runs",
)
ALL_CAUSES = (
    *TENSORS,
    STATE,
    WRITTEN_OVER,
    WRONG_INPUT,
    UNSTEADY,
    WRONG_OUTPUTS,
    EACH_TIME,
    NOT_AGAIN,
    NOW_AND_THEN,
    COUNTED,
    OF_STREAM,
    BY_CHANCE,
    REMEMBERED,
)


def cause_of(departure: Departure) -> TensorCause | None:
    """The usual cause of a departure; None where its pattern has none."""
    if departure.row.op in READS_STATE:
        return STATE
    names = {pattern.name for pattern in departure.found}
    return next(
        (
            cause
            for cause in TENSORS
            if cause.pattern in names and (not cause.ops or departure.row.op in cause.ops)
        ),
        None,
    )


def usual_cause(trace: TensorTrace) -> TensorCause | None:
    """What a trace points to; None where every tensor is equal, or nothing is known."""
    if trace.departure is not None:
        return cause_of(trace.departure)
    if not trace.overwritten:
        return None
    return WRITTEN_OVER if any(output.written_over for output in trace.overwritten) else WRONG_OUTPUTS


def trace_findings(
    traced: Iterable[TracedFile], bundle: Bundle | None = None, files: Sequence[FileRecord] = ()
) -> list[Finding]:
    """What traces found, as findings of the diagnosis; nothing of one in which all agrees and nothing is to be said.

    Args:
        traced: what was looked at.
        bundle: the bundle in use, so that a stage can be computed otherwise, and a model's state is known.
        files: that were compared, whose columns a cause must give.
    """
    found = []
    for file in traced:
        if file.column is not None and not file.column.agreed:
            found.append(_of_column(file, file.column, bundle, files))
        if file.window is not None and (file.said or not file.window.tensors.agreed):
            found.append(_of_window(file, file.window.tensors, bundle))
    return found


def _unsteady(file: TracedFile, trace: TensorTrace, bundle: Bundle | None) -> Finding:
    ends = unwritten_ends(file.window, bundle) if file.window is not None and bundle is not None else ""
    return Finding(
        "tensors",
        "the model's input",
        f"{file.name}, window {trace.window}",
        f"{UNSTEADY.what}; {ends}" if ends else UNSTEADY.what,
        ENDS_CURE if ends else UNSTEADY.cure,
        _traced(len(op_rows(trace.rows)), "op"),
        0.0,
        (file.name,),
    )


def _of_window(file: TracedFile, trace: TensorTrace, bundle: Bundle | None) -> Finding:
    if file.step == UNSTEADY.pattern:
        return _unsteady(file, trace, bundle)
    cause = _beside(file) if trace.agreed else usual_cause(trace)
    if cause in (NOW_AND_THEN, BY_CHANCE) and bundle is not None and STATEFUL_OPS & set(bundle.model.ops):
        cause = REMEMBERED  # what is wrong now and then may be so by what the model saw before
    if cause is WRONG_INPUT and bundle is not None and isinstance(bundle.settings, NormalisedSettings):
        cause = WINDOWED_INPUT
    explanation = seen = trace_sentence(trace)
    if cause is not None:
        explanation += f": {cause.what}" if trace.agreed else f"; usually {cause.what}"
        seen = explanation if trace.agreed and file.step else seen
    if file.said:
        explanation += f"; {file.said}"
        seen += f"; {file.said}"
    if cause is WRONG_OUTPUTS and file.step and trace.agreed:
        seen = f"{trace_sentence(trace)}; {WRITTEN_AGAIN}"
    departure = trace.departure
    patterns = departure.found if departure is not None else ()
    return Finding(
        "tensors",
        _subject(file, departure),
        f"{file.name}, window {trace.window}",
        explanation,
        cause.cure if cause is not None else "Look at the op's kernel on the device",
        _traced(len(op_rows(trace.rows)), "op") + (f": {patterns[0].name}" if patterns else ""),
        0.0 if departure is None else 1.0,
        (file.name,),
        seen=seen,
    )


def _beside(file: TracedFile) -> TensorCause:
    """The cause where no op is wrong."""
    if file.step:
        return {"input": WRONG_INPUT, "outputs": WRONG_OUTPUTS}[file.step]
    again = file.again
    on = again.on if again is not None else None
    if on is not None and len(on.wrong) >= LEAST_RECURRING:
        if on.of_sound and not on.apart:
            return OF_STREAM
        return COUNTED if on.apart or on.multiple else BY_CHANCE
    if again is None or 0 < again.wrong < again.times:
        return NOW_AND_THEN
    return EACH_TIME if again.wrong else NOT_AGAIN


def _subject(file: TracedFile, departure: Departure | None) -> str:
    if departure is not None:
        return f"op {departure.row.record.op}, {departure.row.op}"
    if file.step:
        return {"input": "the model's input", "outputs": "what is sent of the outputs"}[file.step]
    return "beside the ops"


def _traced(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} traced"


def _by_itself(trace: ColumnTrace, cause: Cause | None) -> str:
    """That a stage behind the first that departs is wrong, too."""
    departs = trace.departs
    assert departs is not None
    told = "" if cause is None else f": {cause.told}"
    return (
        f"stage {departs.name} is wrong, too: in {departs.place} it is not what the device's own values before it give "
        f"({departs.different:,} of {departs.values:,} values differ){told}"
    )


def _cure_of(trace: ColumnTrace, cause: Cause | None) -> str:
    departs = trace.departs
    assert departs is not None
    return where_computed(departs.name) if cause is None else cause.cure


def _of_column(
    file: TracedFile, trace: ColumnTrace, bundle: Bundle | None, files: Sequence[FileRecord]
) -> Finding:
    departs = trace.departs
    assert departs is not None
    told = seen = trace.sentence + (f"; {file.about}" if file.about else "")
    cure = where_computed(departs.name)
    if departs is trace.stages[0]:  # nothing before it was looked at but what was sent
        cure = f"Look at the samples that reach the front end, then at what computes its stage {departs.name}"
    cause = stage_cause(trace, bundle, files) if bundle is not None else None
    if cause is not None:
        told += f": {cause.told}" + (
            "; computed so, all of the device's values come out" if cause.computed else ""
        )
        cure = cause.cure
    exact = cause is not None and cause.computed and OR_ELSE not in cause.told
    for later in file.later:
        assert bundle is not None
        more = stage_cause(later, bundle)
        told, cure = f"{told}; {_by_itself(later, more)}", f"{cure}. {_cure_of(later, more)}"
    return Finding(
        "stages",
        f"stage {departs.name}",
        f"{file.name}, column {trace.column}",
        told,
        cure,
        _traced(len(trace.stages), "stage"),
        1.0,
        (file.name,),
        seen="" if exact else seen,
    )
