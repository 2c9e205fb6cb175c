"""The session and models whose ends are not int8: what the model is given, and what is made of what it gives."""

from pathlib import Path

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..detector.detector import Detector
from ..link import messages as m
from ..model.ends import from_tensor, to_tensors
from ..model.samples import sample_values
from .c_frontend import FrontEnd, Int8
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
RNG = np.random.default_rng(21)
SOUND = (
    (RNG.normal(0, 3000, 40_000) * (np.arange(40_000) // 4000 % 2 * 9 + 0.01))
    .clip(-32768, 32767)
    .astype("<i2")
)
FLASH = 2 * 9 * 4096
MODELS = (
    "uint8",
    "int16",
    "stream",
)  # the first takes its bands first, of the last the outputs alone are uint8


@pytest.fixture(scope="module", params=MODELS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    bundle = write_bundle(folder / "bundle", sample_values(request.param))
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


def given(bundle: Bundle, cells: Int8) -> bytes:
    """The model's input tensor of a window's cells."""
    return to_tensors(bundle.model.input, cells.reshape(1, -1))[0].tobytes()


def outputs(bundle: Bundle, tensor: bytes) -> bytes:
    """What the board makes of a made-up model's outputs, which are its input's first bytes, and those turned over."""
    halves = []
    for info in bundle.model.outputs:
        raw = np.frombuffer(tensor, np.dtype(info.type).newbyteorder("<"))[: len(bundle.labels)]
        halves.append(from_tensor(info, raw if info.role == "scores" else ~raw))
    low = [part for _, part in halves if part is not None]
    return b"".join(part.tobytes() for part in (*(high for high, _ in halves), *low))


def test_the_types_are_those_that_the_names_say() -> None:
    models = {name: sample_values(name).model for name in MODELS}
    ends = {name: (model.input.type, model.outputs[0].type) for name, model in models.items()}
    assert ends == {"uint8": ("uint8", "uint8"), "int16": ("int16", "int16"), "stream": ("int8", "uint8")}


def test_a_tensor_reaches_the_model_in_its_type_and_comes_back_as_int8(target: FakeTarget) -> None:
    bundle = target.bundle
    for piece in (bundle.settings.bands, 7, 1000):
        cells = RNG.integers(-128, 128, bundle.model.cells).astype(np.int8)
        data = cells.tobytes()
        pieces = [m.TensorData(at, data[at : at + piece]) for at in range(0, len(data), piece)]
        (result,) = target.ask(m.TensorBegin(3, len(data)), *pieces)
        assert isinstance(result, m.TensorResult)
        assert target.model_input() == given(bundle, cells)
        assert (result.classes, result.has_logits) == (len(bundle.labels), 1)
        assert result.outputs == outputs(bundle, given(bundle, cells))


def test_each_window_of_a_stream_reaches_the_model_in_its_type(target: FakeTarget) -> None:
    """And what is detected is so by scores that are int8."""
    bundle = target.bundle
    columns = FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point).features(
        SOUND
    )
    windows: list[m.WindowResult] = []
    changes: list[m.Detection] = []
    target.ask(m.StreamStart(1, m.StreamFlag.INFERENCE))
    for at in range(0, len(SOUND), bundle.settings.hop):
        for answer in target.ask(m.Audio(SOUND[at : at + bundle.settings.hop].tobytes())):
            if isinstance(answer, m.WindowResult):
                cells = columns[answer.first_column : answer.first_column + bundle.frames]
                assert target.model_input() == given(bundle, cells)
                assert answer.outputs == outputs(bundle, given(bundle, cells))
                assert (answer.classes, answer.has_logits) == (len(bundle.labels), 1)
                windows.append(answer)
            elif isinstance(answer, m.Detection):
                changes.append(answer)
    assert len(windows) == (len(columns) - bundle.frames) // bundle.stride + 1 > 10
    scores = np.frombuffer(b"".join(each.outputs[: len(bundle.labels)] for each in windows), np.int8)
    right = Detector(bundle.thresholds).update(scores.reshape(len(windows), -1))
    told = [(each.window, each.label, bool(each.active), each.score) for each in changes]
    assert told == [(each.window, each.label, each.active, each.score) for each in right]
    assert len(told) > 2 or bundle.model.input.type == "int16", (
        "whose cells, up to 0, are no scores to be found"
    )
    (done,) = target.ask(m.StreamEnd(1))
    assert isinstance(done, m.StreamDone) and done.detections == len(told)


def test_a_window_is_given_to_a_trace_in_the_models_type(target: FakeTarget) -> None:
    bundle = target.bundle
    sound = SOUND[2000:][: bundle.settings.samples_for(bundle.frames + bundle.stride)].tobytes()
    audio = [m.Audio(sound[at : at + 512]) for at in range(0, len(sound), 512)]
    target.ask(m.StreamStart(1, m.StreamFlag.INFERENCE), *audio, m.StreamEnd(1))
    window = target.model_input()
    target.ask(m.TraceRequest(0))  # the made-up model uses its input's place for others
    assert target.model_input() != window
    (piece,) = target.ask(m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, 0, 0, 1000))
    assert isinstance(piece, m.TraceBytes) and (piece.size, piece.data) == (len(window), window)
