"""The stimuli on a board by themselves: what is sent within the time, and what of it is counted and told."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...link import messages as m
from ...model.interpreter import Outputs
from ..device import DeviceUnderTest
from . import thorough
from .kit import Kit
from .outcome import StimuliRecord
from .thorough import MadeSound, Thorough

Int8 = NDArray[np.int8]
WINDOWS = 4


class Passing:
    """Time that passes when something is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(thorough, "time", SimpleNamespace(monotonic=lambda: self.now_s))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Passing:
    return Passing(monkeypatch)


class Counting:
    """Window n has the score n - 128 for each class, and n // 2 as each logit."""

    name = "counting"

    def reset(self) -> None:
        """It remembers nothing."""

    def run(self, windows: Int8) -> Outputs:
        """See `Interpreter`."""
        first = windows[:, 0, 0].astype(np.int16)
        return Outputs(_rows(first - 128), _rows(first // 2))


def _rows(values: NDArray[np.int16]) -> Int8:
    return np.repeat(values.astype(np.int8)[:, None], 5, axis=1)


class Board:
    """Gives what `Counting` does, changed as a test wants, after some time."""

    def __init__(
        self, clock: Passing, takes_s: float = 0.0, wrong: dict[int, dict[int, int]] | None = None
    ) -> None:
        self._clock, self._takes_s, self._wrong = clock, takes_s, wrong or {}
        self.asked = 0

    def infer(self, window: Int8) -> m.TensorResult:
        """Outputs of a window; `wrong` holds by window and place what is added, or {} for too few outputs."""
        self._clock.now_s += self._takes_s
        outputs = Counting().run(window[None])
        assert outputs.logits is not None
        row = np.concatenate([outputs.scores[0], outputs.logits[0]]).astype(np.int16)
        changes = self._wrong.get(self.asked)
        self.asked += 1
        for place, by in (changes or {}).items():
            row[place] += by
        row = row[:-1] if changes == {} else row
        return m.TensorResult(outputs=row.astype(np.int8).tobytes())


def _kit(tiny: Bundle, windows: int = WINDOWS, streams: int = 0) -> Kit:
    tensors = np.zeros((windows, tiny.frames, tiny.settings.bands), np.int8)
    tensors[:, 0, 0] = range(windows)
    made = {f"goal {number}": np.full(3, number, np.int16) for number in range(streams)}
    return Kit(tensors, made, 9, np.arange(5, dtype=np.int16), (6, 7), (8, 9))


def _sent(tiny: Bundle, board: Board, kit: Kit | None = None, logits: bool = True) -> StimuliRecord:
    record = StimuliRecord()
    model = replace(tiny.model, outputs=tiny.model.outputs[: 1 + logits])
    stimulating = Thorough(replace(tiny, model=model), kit or _kit(tiny), record, cast(Any, None))
    stimulating.tensors(cast(DeviceUnderTest, board), Counting())
    return record


def test_what_there_is_to_send_is_known_beforehand(tiny: Bundle) -> None:
    record = StimuliRecord()
    Thorough(tiny, _kit(tiny), record, cast(Any, None))
    assert (record.sent_of, record.decisions_of, record.shares_of, record.entries_of) == (4, 9, 7, 9)
    assert (record.sent, record.shares, record.entries, record.complete) == (0, 0, 0, False)


def test_windows_that_agree(tiny: Bundle, clock: Passing) -> None:
    record = _sent(tiny, Board(clock))
    assert (record.sent, record.scores, record.logits) == (4, 4, 2)
    assert (record.tensors.compared, record.tensors.different, record.first_difference) == (40, 0, "")
    assert not record.shortened
    nothing = _sent(tiny, Board(clock), _kit(tiny, windows=0))
    assert (nothing.sent, nothing.scores, nothing.tensors.compared) == (0, 0, 0)


def test_each_wrong_output_is_counted_and_the_first_is_named(tiny: Bundle, clock: Passing) -> None:
    record = _sent(tiny, Board(clock, wrong={1: {7: -3, 8: 2}, 2: {0: 5}}))
    count = record.tensors
    assert (count.compared, count.different, count.largest, count.allowed) == (40, 3, 5, 0)
    assert record.first_difference == "window 1, logit of 'a \"quoted\" one': host 0, device -3 (-3 LSB)"
    again = _sent(tiny, Board(clock, wrong={3: {1: 4}}))
    assert again.first_difference == "window 3, score of 'robin': host -125, device -121 (+4 LSB)"


def test_a_window_with_too_few_outputs_is_wrong_as_a_whole(tiny: Bundle, clock: Passing) -> None:
    record = _sent(tiny, Board(clock, wrong={2: {}, 3: {0: 1}}))
    assert (record.tensors.compared, record.tensors.different) == (40, 11)
    assert record.first_difference == "window 2 has 9 outputs, 10 are right"


def test_steps_that_an_op_may_round_are_allowed(
    tiny: Bundle, clock: Passing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def allowed(_model: Any, _ops: Any, host: Int8, board: Int8) -> NDArray[np.bool_]:
        return np.abs(board.astype(np.int16) - host) == 1

    monkeypatch.setattr(thorough, "allowed_cells", allowed)
    record = _sent(tiny, Board(clock, wrong={1: {7: -1, 8: 2}}))
    assert (record.tensors.allowed, record.tensors.different, record.tensors.largest) == (1, 1, 2)
    assert "window 1, logit of 'background'" in record.first_difference


@pytest.mark.parametrize(("takes_s", "sent"), [(30.0, 4), (40.0, 3), (60.1, 1), (500.0, 1)])
def test_a_slow_board_gets_as_many_windows_as_it_does_in_two_minutes(
    tiny: Bundle, clock: Passing, takes_s: float, sent: int
) -> None:
    record = _sent(tiny, Board(clock, takes_s))
    assert record.sent == sent and record.tensors.compared == 10 * sent
    told = [] if sent == 4 else [f"{sent} of 4 windows: no time for more"]
    assert record.shortened == told


@pytest.mark.parametrize(("takes_s", "sent"), [(30.0, 4), (40.0, 3), (60.1, 1), (500.0, 1)])
def test_a_slow_board_gets_as_many_streams_at_thresholds(
    tiny: Bundle, clock: Passing, takes_s: float, sent: int
) -> None:
    record, streamed = StimuliRecord(), []

    def compare(sound: MadeSound, inference: bool) -> Any:
        streamed.append((sound.name, inference, sound.path.as_posix(), sound.notes))
        assert [block.tolist() for block in sound.blocks()] == [[len(streamed) - 1] * 3]
        clock.now_s += takes_s

    Thorough(tiny, _kit(tiny, streams=4), record, compare).decisions()
    names = [f"goal {number}" for number in range(sent)]
    assert streamed == [(name, True, f"stimuli/{name}", []) for name in names]
    assert record.decisions == sent
    told = [] if sent == 4 else [f"{sent} of 4 streams at thresholds: no time for more"]
    assert record.shortened == told


def test_without_streams_nothing_is_shortened(tiny: Bundle) -> None:
    record = StimuliRecord()
    Thorough(tiny, _kit(tiny), record, cast(Any, None)).decisions()
    assert (record.decisions, record.shortened) == (0, [])


@pytest.mark.parametrize(
    ("before_s", "wall_s", "long"),
    [
        (0.0, 1.0, 66_048),  # as long as it should be: beyond 16 bits
        (0.0, 8.17, 66_048),  # 122.4 columns a second, and 540 s
        (0.0, 10.0, 54_000),
        (0.0, 0.0, 66_048),  # quicker than a clock can tell
        (440.0, 10.0, 10_000),  # of what is left
        (535.0, 10.0, 1000),  # ten seconds in any case
        (900.0, 10.0, 1000),
        (900.0, 1e9, 1),
    ],
)
def test_the_long_stream_is_as_long_as_there_is_time(
    tiny: Bundle, clock: Passing, before_s: float, wall_s: float, long: int
) -> None:
    record, streamed = StimuliRecord(), []

    def compare(sound: MadeSound, inference: bool) -> Any:
        samples = sum(map(len, sound.blocks()))
        streamed.append((sound.name, samples, inference))
        return SimpleNamespace(columns_received=1000, wall_s=wall_s)

    stimulating = Thorough(tiny, _kit(tiny), record, compare)
    clock.now_s += before_s
    stimulating.tables()
    assert streamed == [
        ("front-end tables", 5, False),
        ("long stream", tiny.settings.samples_for(long), False),
    ]
    assert (record.shares, record.entries, record.complete) == (6, 8, True)
    a_second = f"{1000 / max(wall_s, 1e-3):,.0f}"
    told = f"long stream: {long:,} of 66,048 columns, this board and its line do {a_second} a second"
    assert record.shortened == ([] if long == 66_048 else [told])
