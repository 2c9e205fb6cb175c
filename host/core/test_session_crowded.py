"""More columns in a message than a frame holds, or than a window: none is lost, none waits for ever, on any line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ..bundle.load import Bundle, load_bundle
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
BOTH = m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE
PIECE = 1024
HOP = 16  # samples: 32 columns in a message
NOISE = np.random.default_rng(9).integers(-9000, 9000, 2048).astype("<i2")


def short(values: Bundle) -> Bundle:
    return replace(values, settings=replace(values.settings, hop=HOP))  # type: ignore[type-var]


@pytest.fixture(
    scope="module", params=["columns of a window", "columns between windows", "columns of a frame"]
)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    if request.param != "columns of a frame":
        bundle = short(write_bundle(folder / "flat", sample_values("flat")))
        assert bundle.frames < PIECE // 2 // HOP
        if request.param == "columns between windows":  # no window holds so many up
            bundle = replace(bundle, stride=2 * bundle.frames + 3)
    else:
        bundle = short(load_bundle(DEFAULT_BUNDLE))
        assert bundle.frames > PIECE // 2 // HOP > (PIECE - m.Features.fixed_size()) // bundle.settings.bands
    return FakeTarget(build_target(folder, bundle), bundle)


def requests() -> list[Payload]:
    data = NOISE.tobytes()
    audio = [m.Audio(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    return [m.StreamStart(4, BOTH), *audio, m.StreamEnd(4)]


def check(target: FakeTarget, answers: list[Payload]) -> None:
    """All columns, all windows, each window behind its columns and before the next one's last."""
    bundle, ends = target.bundle, target.bundle.model.input
    columns = FrontEnd(bundle.settings, ends.scale, ends.zero_point).features(NOISE)
    sent = 0
    windows = 0
    for answer in answers:
        if isinstance(answer, m.Features):
            assert answer.first_column == sent
            count = len(answer.cells) // bundle.settings.bands
            assert answer.cells == columns[sent : sent + count].tobytes()
            sent += count
        elif isinstance(answer, m.WindowResult):
            assert (answer.index, answer.first_column) == (windows, windows * bundle.stride)
            windows += 1
    assert sent == len(columns) and windows == (sent - bundle.frames) // bundle.stride + 1 > 1
    assert isinstance(answers[-1], m.StreamDone) and answers[-1].columns == sent


def test_each_column_of_a_crowded_message_comes(target: FakeTarget) -> None:
    check(target, target.ask(*requests()))


@pytest.mark.parametrize("turns", [1, 3])
def test_a_line_that_is_nearly_full_loses_and_blocks_nothing(target: FakeTarget, turns: int) -> None:
    for before in range(0, 3 * PIECE, 72):
        echoes = [m.EchoRequest(bytes(min(PIECE, before - at))) for at in range(0, before, PIECE)]
        for each in (*echoes, *requests()):
            target.send(each.TYPE, each.encode())
        answers: list[Payload] = []
        for _ in range(turns):
            answers += target.turn(room=1)[1]
        answers += target.rest()
        assert sum(isinstance(each, m.Echo) for each in answers) == len(echoes)
        check(target, answers)
