"""What a board tells of a window's and of a column's insides agrees with itself and with what it sent."""

import zlib
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...board.audio_stream import as_it_came
from ...board.deploying import piece_of
from ...board.tracing import TracedTensor
from ...bundle.load import Bundle
from ...frontend.normalised.settings import NormalisedSettings
from ...link import messages as m
from ...model.ends import from_tensor, to_cells, to_tensors
from ...printable import counted
from ...trace.stages import ColumnTrace, trace_column
from ...trace.traced_device import TracedDevice
from ...trace.window import front_end
from ..diagnosis.input_cells import cells_told
from ..diagnosis.seen_window import SeenWindow
from ..diagnosis.stage_cause import stage_cause
from ..diagnosis.straight_line import on_a_line
from ..expected import Expected
from .answers import Exchanging, send
from .checked import Checked
from .cut_streams import made_sound

COLUMN = 1  # the second, so that the first one's is told from it
SEED = 61
LEVEL = 5000.0  # which no noise exceeds six times
RING = "what copies the ring into the input (stream_put_window, model_ends_put)"
IN_COMMON = (
    "what is taken for the window's least level, its largest, its mean or its deviation (normalised_measure and know "
    "in firmware/core/frontend/normalised/window.c)"
)
MOST_BYTES = 4096  # of a tensor that is fetched: each kilobyte costs an inference


@runtime_checkable
class Traceable(TracedDevice, Exchanging, Protocol):
    """A device that tells what lies within a window and a column."""

    def infer(self, cells: NDArray[np.int8]) -> m.TensorResult:
        """Run the model on one window."""
        ...


def ask_traced(
    device: Traceable, bundle: Bundle, info: m.Info, window: NDArray[np.int8] | None
) -> tuple[Checked, int]:
    """Trace one window and one column, and hold what is told against itself and against the reference's stages.

    Args:
        device: idle.
        bundle: that it runs.
        info: what it says that it can do.
        window: int8 [frames, bands]; None where the model does not run.

    Returns:
        What was found, and how many windows were sent.

    Raises:
        HilError: the board failed.
    """
    found = Checked()
    told, sent = [], 0
    if window is not None and info.capabilities & m.Capability.TRACE:
        told.append(_window(found, device, bundle, window))
        sent = 1 + _unarmed(found, device, bundle, window) + _streamed(found, device, bundle)
    if info.capabilities & m.Capability.STAGES and front_end(bundle).stages():
        sound = made_sound(bundle.settings.samples_for(COLUMN + 2), bundle.settings.sample_rate)
        column = trace_column(device, bundle, sound, COLUMN)
        told.append(counted(len(column.stages), "stage"))
        if not column.agreed:
            again = trace_column(device, bundle, sound, COLUMN)
            found.column = column if again == column else None
            found.note(_of_stages(bundle, column, again))
    found.what = f"{' and '.join(told)} looked into" if told else ""
    return found, sent


def _of_stages(bundle: Bundle, column: ColumnTrace, again: ColumnTrace) -> str:
    """What is told of a column's stages, of the same sound streamed twice."""
    told = f"what is told of the front end's stages: {column.sentence}"
    if [stage.device for stage in again.stages] != [stage.device for stage in column.stages]:
        return (
            f"{told}; when the same sound is streamed again it is something else, so it depends on what came before: "
            "what the front end keeps from column to column is not set back when a stream begins; look at fe_reset "
            "and at what the kind's own reset sets back"
        )
    cause = stage_cause(column, bundle)
    of_stage = f": {cause.told}" if cause is not None and cause.computed else ""
    return (
        f"{told}{of_stage}; the columns sent are right, so no cell shows it (it is too little, or cells end "
        "before it), or what tells of stages is wrong (session/stage.c)"
    )


def _window(found: Checked, device: Traceable, bundle: Bundle, window: NDArray[np.int8]) -> str:
    """Each checksum is that of the bytes told, and the last op's are the outputs."""
    device.trace_arm(0)
    outputs = device.infer(window).outputs
    tensors = device.trace_ops()
    fetched = picked(tensors)
    for tensor in fetched:
        data = device.trace_bytes(m.TraceSource.OUTPUT, tensor.index)
        if (len(data), zlib.crc32(data)) != (tensor.bytes, tensor.crc32):
            found.note(
                f"op {tensor.op} (record {tensor.index}) is told to give {tensor.bytes:,} bytes with CRC-32 "
                f"{tensor.crc32:08x}, and gives {len(data):,} with {zlib.crc32(data):08x}: look at what tells of ops "
                "(session/trace.c)"
            )
    _hold_ends(found, device, bundle, window, outputs)
    return counted(len(tensors), "op's output", "ops' outputs")


def seen_sent(device: Traceable, bundle: Bundle, window: NDArray[np.int8], name: str) -> SeenWindow | None:
    """The window that was sent last, by itself and with a trace armed, if the model was given another one.

    Args:
        device: idle.
        bundle: that it runs.
        window: int8 [frames, bands].
        name: of it, in words.
    """
    right = to_tensors(bundle.model.input, to_cells(bundle.model.input, window[np.newaxis]))
    given = device.trace_bytes(m.TraceSource.MODEL_INPUT, 0)
    if given == right.tobytes():
        return None
    data = window.tobytes()
    size = piece_of(device.max_payload)
    pieces = [m.TensorData(offset=at, data=data[at : at + size]) for at in range(0, len(data), size)]
    requests = [send(each) for each in (m.TensorBegin(id=1, length=len(data)), *pieces)]
    return SeenWindow(name, np.empty(0, np.int16), 0, right.tobytes(), given, tuple(requests))


def picked(tensors: list[TracedTensor]) -> list[TracedTensor]:
    """Those whose bytes are fetched: the first, the middle one and the last of those that are not too large."""
    small = [tensor for tensor in tensors if tensor.bytes <= MOST_BYTES]
    places = dict.fromkeys((0, len(small) // 2, len(small) - 1))
    return [small[place] for place in places] if small else []


def _hold_ends(
    found: Checked, device: Traceable, bundle: Bundle, window: NDArray[np.int8], outputs: bytes
) -> None:
    """What lies in the model's input is the window, and in its scores what was sent."""
    model = bundle.model
    right = to_tensors(model.input, to_cells(model.input, window[np.newaxis]))
    if (found_in := seen_sent(device, bundle, window, "a window sent by itself")) is not None:
        found.window = found_in
        given = np.frombuffer(found_in.given, right.dtype)
        about = (
            f": {cells_told(right[0], given, bundle.settings.model_bands)}"
            if given.size == right.size
            else ""
        )
        found.note(f"the model's input is told to hold another window than the one sent{about}")
    info = model.scores
    values = np.frombuffer(device.trace_bytes(m.TraceSource.MODEL_OUTPUT, info.index), info.type)
    scores, _ = from_tensor(info, values)
    if scores.tobytes() != outputs[: len(bundle.labels)]:
        found.note("the model's scores are told to be others than those sent")


def _streamed(found: Checked, device: Traceable, bundle: Bundle) -> int:
    """The model's input is a stream's second window, cell by cell, which a sure model's outputs need not show."""
    settings, frames, stride = bundle.settings, bundle.frames, bundle.stride
    # noise, so that no two columns are alike: one in another's place shows
    noise = np.random.default_rng(SEED).standard_normal(settings.samples_for(frames + stride))
    sound = (LEVEL * noise).astype(np.int16)
    device.trace_arm(1)
    results = list(as_it_came(device.stream([sound])))
    columns = Expected(bundle, None).push(sound).columns
    model = bundle.model
    first, second = (
        to_tensors(model.input, to_cells(model.input, columns[np.newaxis, at : at + frames]))
        for at in (0, stride)
    )
    right, came = second.tobytes(), device.trace_bytes(m.TraceSource.MODEL_INPUT, 0)
    if came != right:
        where, about = "another length", RING
        found.window = SeenWindow("a stream's second window", sound, 1, right, came)
        if len(came) == len(right):
            given = np.frombuffer(came, second.dtype)
            count = np.count_nonzero(given != second.ravel())
            told = cells_told(second, given, settings.model_bands, first)
            where = f"{count:,} of {second.size:,} cells differ, {told}"
            if isinstance(settings, NormalisedSettings) and (line := on_a_line(second.ravel(), given)):
                where, about = f"{count:,} of {second.size:,} cells differ, {line}", IN_COMMON
        found.note(
            f"the model's input in a stream's second window is not what its columns are: {where}; look at {about}"
        )
    return sum(isinstance(result, m.WindowResult) for result in results)


def _unarmed(found: Checked, device: Traceable, bundle: Bundle, window: NDArray[np.int8]) -> int:
    """What a model remembers is kept for the window that was armed alone: the next one cannot be run again."""
    if not bundle.model.stateful:
        return 0
    device.infer(window)
    answers = device.exchange([(m.TraceRequest.TYPE, m.TraceRequest(first=0).encode())])
    if not (len(answers) == 1 and isinstance(answers[0], m.Error)):
        found.note("a window for which no trace was armed can be run again, though the model remembers")
    return 1
