"""What a board may not do while it is streamed to: bring nothing again and again, or end before its time."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ..link import messages as m
from .audio_stream import AudioStream, SamplesLostError, as_it_came
from .client import DeviceError
from .limits import Limits

HOP, BANDS, FRAMES = 100, 4, 10
SAMPLES = 1200


class FakeClient:
    """Answers a stream with what it was given."""

    name = "the board"
    limits = Limits()
    broken_off = True

    def __init__(self, results: list[Any]) -> None:
        self._results = iter(results)
        self.connection = SimpleNamespace(max_payload=512, pending_bytes=0, send=lambda *_: None)

    def send(self, message: Any) -> None:
        """Takes it."""

    def wait_for(self, kind: Any, accept: Callable[[Any], bool]) -> Any:
        """The stream begins."""
        started = kind(stream=1)
        assert accept(started)
        return started

    def next(self, _: float) -> Any:
        """The next result."""
        return next(self._results)


def streamed(*results: Any, samples: int = SAMPLES) -> list[Any]:
    info: Any = SimpleNamespace(hop=HOP, bands=BANDS, frames=FRAMES, stride=5, classes=1)
    stream = AudioStream(FakeClient(list(results)), info, 1, 1e6)  # type: ignore[arg-type]
    return list(stream.run([np.zeros(samples, np.int16)], 0))


def columns(first: int, count: int) -> m.Features:
    return m.Features(first_column=first, cells=bytes(count * BANDS))


def done(samples: int = SAMPLES) -> m.StreamDone:
    return m.StreamDone(stream=1, samples=samples)


def test_a_few_messages_without_a_column_are_the_comparisons_to_tell() -> None:
    empty = [columns(10, 0)] * 16
    results = [*empty, columns(10, 1), *empty, columns(11, 1), done()]
    assert streamed(*results) == results


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (0, "from column 0 on"),
        (7, "from column 7 on"),
        (20, "from column 20 on, at which the ring of 10 columns begins anew"),
        (1_030, "from column 1,030 on, at which the ring of 10 columns begins anew"),
    ],
)
def test_a_board_that_brings_nothing_again_and_again_is_stopped(first: int, told: str) -> None:
    with pytest.raises(DeviceError, match="FEATURES without a column again and again") as caught:
        streamed(columns(0, 1), *[columns(first, 0)] * 17)
    assert caught.value.cause.endswith(told) and "stream_features" in caught.value.cure


@pytest.mark.parametrize(
    ("count", "samples", "told"),
    [
        (9, 900, ": that is a hop of 100 for each of the 9 columns that came, not what was taken"),
        (9, 901, ""),
        (8, 900, ""),
        (0, 0, ""),
    ],
)
def test_samples_that_are_told_of_the_columns_that_came(count: int, samples: int, told: str) -> None:
    with pytest.raises(DeviceError) as caught:
        streamed(*([columns(0, count)] if count else []), done(samples))
    assert caught.value.cause == (
        f"the board says that the stream is done after {samples:,} samples, and 1,200 were sent{told}"
    )


def test_samples_that_are_told_of_the_first_message_alone() -> None:
    for samples, told in ((256, True), (255, False), (512, False)):
        with pytest.raises(DeviceError) as caught:
            streamed(done(samples))
        assert ("those of the first message of audio alone" in caught.value.cause) is told


def test_all_samples_are_right_whatever_the_columns_are() -> None:
    assert streamed(columns(0, 9), done())[-1] == done()


def test_samples_that_are_told_in_too_few_bits() -> None:
    with pytest.raises(DeviceError) as caught:
        streamed(done(70_000 - 65_536), samples=70_000)
    assert caught.value.cause.endswith("and 70,000 were sent: it is told in at most 16 bits")


def test_an_end_that_lost_samples_is_handed_on_with_the_error() -> None:
    with pytest.raises(SamplesLostError) as caught:
        streamed(columns(0, 9), done(900))
    assert caught.value.done == done(900)
    assert (
        caught.value.told == ": that is a hop of 100 for each of the 9 columns that came, not what was taken"
    )


@pytest.mark.parametrize("samples", [900, SAMPLES])
def test_what_came_of_a_stream_whatever_was_counted(samples: int) -> None:
    info: Any = SimpleNamespace(hop=HOP, bands=BANDS, frames=FRAMES, stride=5, classes=1)
    results = [columns(0, 9), done(samples)]
    stream = AudioStream(FakeClient(list(results)), info, 1, 1e6)  # type: ignore[arg-type]
    assert list(as_it_came(stream.run([np.zeros(SAMPLES, np.int16)], 0))) == results
