"""A sound is streamed on and on: which windows are wrong is noted, and the search has an end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from ..trace.traced_device import TracedDevice
from . import recurrence as module
from .diagnosis.again import Again, Recurrence
from .fakes import FakeDevice, FakeInterpreter
from .recurrence import ENOUGH, MOST_WINDOWS, recurrence

pytestmark = pytest.mark.native


class Counting:
    """Inverts a bit of an output of windows whose number, from 1 on, is one of those asked for."""

    def __init__(self, wrong: Callable[[int], bool]) -> None:
        self._wrong = wrong
        self.windows = self.streams = 0

    def __call__(self, message: Payload) -> list[Payload]:
        self.streams += isinstance(message, m.StreamDone)
        if not isinstance(message, m.WindowResult):
            return [message]
        self.windows += 1
        if not self._wrong(self.windows):
            return [message]
        outputs = np.frombuffer(message.outputs, np.int8).copy()
        outputs[-1] ^= 1
        return [replace(message, outputs=outputs.tobytes())]


def searched(bundle: Bundle, sound: NDArray[np.int16], tamper: Counting, **options: Any) -> Recurrence:
    device = FakeDevice(bundle, FakeInterpreter(bundle), tamper, quick=True)
    return recurrence(cast(TracedDevice, device), bundle, sound, FakeInterpreter(bundle), **options)


@pytest.fixture
def sound(bundle: Bundle, samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Of seven windows."""
    return samples[: bundle.settings.samples_for(bundle.frames + 6 * bundle.stride)]


def test_a_count_is_found_across_streams(bundle: Bundle, sound: NDArray[np.int16]) -> None:
    tamper = Counting(lambda number: number % 25 == 10)
    found = searched(bundle, sound, tamper)
    assert (found.wrong, found.apart) == ((9, 34, 59, 84), 25)
    assert len(found.wrong) == ENOUGH and found.windows == tamper.windows == 91


def test_chance_has_no_distance(bundle: Bundle, sound: NDArray[np.int16]) -> None:
    found = searched(bundle, sound, Counting(lambda number: number in (5, 12, 40, 41)))
    assert (found.wrong, found.apart) == ((4, 11, 39, 40), 0)


def test_windows_that_are_wrong_in_each_pass_are_no_chance(bundle: Bundle, sound: NDArray[np.int16]) -> None:
    found = searched(bundle, sound, Counting(lambda number: number % 7 in (1, 2, 4, 5, 6)))
    assert found.windows == 14 and found.of_sound and not found.apart
    assert Again(3, 0, found).words.endswith(
        "10 were wrong, the same ones each time that the sound was streamed"
    )
    other = searched(bundle, sound, Counting(lambda number: number in (1, 2, 4, 5, 8, 9, 11)))
    assert other.windows == 14 and not other.of_sound
    once = Recurrence(7, (0, 2), 7)
    assert not once.of_sound and not Recurrence(14, (), 7).of_sound and not Recurrence(5, (1, 2)).of_sound


def test_too_few_say_nothing(
    bundle: Bundle, sound: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (MOST_WINDOWS, module.PASS_WINDOWS) == (2500, 250)
    monkeypatch.setattr(module, "MOST_WINDOWS", 50)
    found = searched(bundle, sound, Counting(lambda number: number in (5, 12)))
    assert found.wrong == (4, 11) and found.apart == 0
    assert found.windows == 56
    monkeypatch.setattr(module, "MOST_WINDOWS", 49)
    assert searched(bundle, sound, Counting(lambda _: False)) == Recurrence(49, (), 7)


def test_it_ends_after_some_time(bundle: Bundle, sound: NDArray[np.int16]) -> None:
    times: Iterator[float] = iter([100.0, 119.0, 120.0])
    tamper = Counting(lambda _: False)
    assert searched(bundle, sound, tamper, now=lambda: next(times)) == Recurrence(7, (), 7)
    assert tamper.streams == 1


def test_a_sound_without_a_window_is_not_streamed(bundle: Bundle, sound: NDArray[np.int16]) -> None:
    tamper = Counting(lambda _: True)
    assert searched(bundle, sound[:2000], tamper) == Recurrence(0, ()) and not tamper.streams


def test_of_a_long_sound_the_beginning_is_streamed(
    bundle: Bundle, sound: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_WINDOWS", 5)
    found = searched(bundle, sound, Counting(lambda number: number % 12 == 5))
    assert (found.wrong, found.windows) == ((4, 16, 28, 40), 45)


def test_one_window_is_streamed_without_its_columns_and_one_too_many_is_no_wrong_one(
    bundle: Bundle, sound: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WINDOWS", 3)
    asked: list[Any] = []

    class Device(FakeDevice):
        def stream(self, *given: Any, **options: Any) -> Iterator[Payload]:
            asked.append(options)
            for message in super().stream(*given, **options):
                yield message
                if isinstance(message, m.WindowResult):
                    yield replace(message, index=1)

    interpreter = FakeInterpreter(bundle)
    monkeypatch.setattr(interpreter, "reset", lambda: asked.append("reset"))
    device = Device(bundle, FakeInterpreter(bundle), Counting(lambda _: False), quick=True)
    one = sound[: bundle.settings.samples_for(bundle.frames)]
    assert recurrence(cast(TracedDevice, device), bundle, one, interpreter) == Recurrence(3, (), 1)
    assert asked == ["reset", *[{"features": False}] * 3]


def test_distances_of_one_multiple_are_no_chance() -> None:
    wrong = (1, 3, 7, 9, 11, 13, 17, 19, 21, 23, 25)
    assert Recurrence(28, wrong).multiple == 2 and not Recurrence(28, wrong).apart
    told = Again(3, 0, Recurrence(28, wrong)).words
    assert told.endswith("of 28 windows after that 11 were wrong, each a multiple of 2 behind the one before")
    assert Recurrence(28, wrong[:-1]).multiple == 0, "512 to one"
    assert Recurrence(28, (*wrong, 26)).multiple == 0
    assert Recurrence(28, (3, 13, 33, 43)).multiple == 10
    assert Recurrence(28, (3,)).multiple == Recurrence(28, ()).multiple == 0
