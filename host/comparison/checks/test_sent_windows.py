"""Which windows are sent, and what is told of their outputs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from ...model.interpreter import Outputs
from ...model.verify import random_columns
from ..cause import Cause
from ..fakes import FakeDevice, FakeInterpreter
from . import sent_windows
from .sent_windows import (
    Int8,
    apart_each,
    ask_windows,
    made_window,
    output_name,
    window_name,
    windows_to_send,
)

pytestmark = pytest.mark.native
FRAMES, BANDS = 49, 64  # of the bundle of these tests


class Ends:
    """A model of which the scores are a window's first cell and its last, and the first of the third column."""

    name = "ends"

    def __init__(self, deaf_to_ends: bool = False) -> None:
        self.deaf_to_ends = deaf_to_ends
        self.heard: list[int] = []
        self.asked: list[int] = []

    def reset(self) -> None:
        self.heard = []

    def run(self, windows: Int8) -> Outputs:
        """Each score is moved by how many windows came since the reset."""
        self.asked.append(len(windows))
        found = windows[:, 2, :5].copy()
        if not self.deaf_to_ends:
            found[:, 0], found[:, 1] = windows[:, 0, 0], windows[:, -1, -1]
        found[:, 4] = len(self.heard) + np.arange(len(windows))
        self.heard += [0] * len(windows)
        return Outputs(found, None)


def made(bundle: Bundle) -> Int8:
    return random_columns(bundle.model, 5, 11).reshape(5, FRAMES, BANDS)


def numbered(columns: int) -> Int8:
    """Column c is c everywhere, less 60."""
    return np.repeat(np.arange(columns, dtype=np.int8) - np.int8(60), BANDS).reshape(columns, BANDS)


def test_the_two_most_unlike_windows_are_sent_and_joined(bundle: Bundle) -> None:
    """Of five that are spread over the columns and of five made-up ones."""
    columns = numbered(FRAMES + 40)
    model = Ends()
    sent = windows_to_send(bundle, model, columns)
    spread = [columns[first : first + FRAMES] for first in (0, 10, 20, 30, 40)]
    tried = np.stack([*spread, *made(bundle)])
    assert model.asked[0] == 10
    outputs = apart_each(bundle, Ends(), tried).astype(int)
    outputs[:, 4] = np.arange(10)
    apart = np.abs(outputs[:, None] - outputs).sum(axis=2)
    one, other = (tried[place] for place in np.unravel_index(np.argmax(apart), apart.shape))
    begun, ended = np.concatenate([one[:24], other[24:]]), np.concatenate([other[:24], one[24:]])
    turned = (other if np.array_equal(one, one[::-1]) else one)[::-1]
    assert np.array_equal(sent[:8], np.stack([one, begun, other, ended, one, turned, *made(bundle)[:2]]))


def test_pairs_differ_in_one_cell_at_an_end(bundle: Bundle) -> None:
    sent = windows_to_send(bundle, Ends(), numbered(FRAMES))
    assert len(sent) == 14
    for low, high, again, place in (
        (sent[8], sent[9], sent[10], (0, 0)),
        (sent[11], sent[12], sent[13], (-1, -1)),
    ):
        assert np.array_equal(low, again) and (low[place], high[place]) == (-128, 127)
        assert np.count_nonzero(low != high) == 1
    # the first window of which such a pair is unlike; the very first one is the columns
    for low, place in ((sent[8], (0, 0)), (sent[11], (-1, -1))):
        right = numbered(FRAMES)
        right[place] = -128
        assert np.array_equal(low, right)
    assert len(windows_to_send(bundle, Ends(deaf_to_ends=True), numbered(FRAMES))) == 8


@pytest.mark.parametrize(("columns", "tried"), [(0, 5), (FRAMES - 1, 5), (FRAMES, 6), (FRAMES + 1, 7)])
def test_as_many_windows_are_tried_as_there_are_columns_for(bundle: Bundle, columns: int, tried: int) -> None:
    model = Ends()
    windows_to_send(bundle, model, numbered(columns))
    assert model.asked[0] == tried


def test_each_window_finds_a_model_that_remembers_nothing(bundle: Bundle) -> None:
    windows = made(bundle)
    model = Ends()
    model.heard = [0] * 7
    assert apart_each(bundle, model, windows)[:, 4].tolist() == [0, 1, 2, 3, 4]
    assert model.asked == [5], "all at once"
    remembering = replace(bundle, model=replace(bundle.model, ops=(*bundle.model.ops, "SVDF")))
    model = Ends()
    model.heard = [0] * 7
    apart = apart_each(remembering, model, windows)
    assert apart[:, 4].tolist() == [0] * 5 and model.asked == [1] * 5
    assert np.array_equal(apart[:, :4], apart_each(bundle, Ends(), windows)[:, :4])


def test_what_differs_is_told_by_window_and_output(bundle: Bundle) -> None:
    """In the third window of ten outputs one is 3 too high, in the fifth one is missing."""
    asked = []

    def altered(result: m.TensorResult) -> m.TensorResult:
        asked.append(result)
        outputs = np.frombuffer(result.outputs, np.int8).copy()
        if len(asked) == 3:
            outputs[6] = outputs[6] + 3 if outputs[6] < 100 else outputs[6] - 3
        if len(asked) == 5:
            outputs = outputs[:-1]
        return replace(result, outputs=outputs.tobytes())

    columns = numbered(2 * FRAMES)
    right = apart_each(
        bundle, FakeInterpreter(bundle), windows_to_send(bundle, FakeInterpreter(bundle), columns)
    )
    device = FakeDevice(bundle, FakeInterpreter(bundle), probe=altered)
    found, sent = ask_windows(device, bundle, FakeInterpreter(bundle), columns)
    expected = int(right[2, 6])
    theirs = expected + 3 if expected < 100 else expected - 3
    label = bundle.labels[1]
    assert found.wrong == [
        "window 2 of those sent by themselves (of the last file's columns, or noise), "
        f"logit of {label!r}: host {expected}, device {theirs} ({theirs - expected:+d} LSB)",
        "window 4 of those sent by themselves (window 0 again) has 9 outputs, 10 are right",
    ]
    distinct = len({row.tobytes() for row in right})
    assert distinct > 3 and sent == len(right) == len(asked)
    assert found.what == (
        f"{sent} windows with {distinct} distinct outputs, {10 * sent:,} outputs compared, 1 differ"
    )


def test_outputs_have_names(bundle: Bundle) -> None:
    labels = bundle.labels
    names = [f"score of {label!r}" for label in labels] + [f"logit of {label!r}" for label in labels]
    assert [output_name(bundle, place) for place in range(10)] == names


def test_in_a_window_of_noise_no_cell_stands_for_another_one(bundle: Bundle) -> None:
    window = made_window(bundle)
    assert window.shape == (bundle.frames, bundle.settings.bands) and np.array_equal(
        window, made_window(bundle)
    )
    assert len(np.unique(window)) > 200 and len(np.unique(window, axis=0)) == bundle.frames


def test_the_first_window_that_differs_is_sent_once_more(bundle: Bundle) -> None:
    window: Any = object()
    seen: list[tuple[str, Int8]] = []

    def see(name: str, cells: Int8) -> Any:
        seen.append((name, cells))
        return window

    columns, interpreter = numbered(2 * FRAMES), FakeInterpreter(bundle)
    right, sent = ask_windows(FakeDevice(bundle, interpreter), bundle, interpreter, columns, see)
    assert right.window is None and not seen
    wrong = FakeDevice(bundle, FakeInterpreter(bundle, flaw=1))
    found, more = ask_windows(wrong, bundle, interpreter, columns, see)
    ((name, cells),) = seen
    assert found.window is window and more == sent + 1
    windows = windows_to_send(bundle, interpreter, columns)
    differ = np.flatnonzero(
        (
            apart_each(bundle, FakeInterpreter(bundle, flaw=1), windows)
            != apart_each(bundle, interpreter, windows)
        ).any(axis=1)
    )
    assert name == window_name(int(differ[0])) and np.array_equal(cells, windows[differ[0]])
    assert ask_windows(wrong, bundle, interpreter, columns)[1] == sent


def test_what_gives_all_outputs_is_told_first(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Int8, Int8, Int8, Int8]] = []

    def because(windows: Int8, expected: Int8, device: Int8, reference: Callable[[Int8], Int8]) -> str:
        seen.append((windows, expected, device, reference(windows)))
        return "they are turned"

    monkeypatch.setattr(sent_windows, "cause_of", because)
    device = FakeDevice(bundle, FakeInterpreter(bundle, flaw=1))
    found, sent = ask_windows(device, bundle, FakeInterpreter(bundle), numbered(FRAMES + 40))
    assert found.wrong[0] == "windows sent by themselves: they are turned" and len(found.wrong) > 1
    assert isinstance(found.wrong[0], Cause)
    ((windows, expected, told, again),) = seen
    assert len(windows) == len(told) == sent and np.array_equal(expected, again)
    assert (told != expected).any() and np.abs(told.astype(int) - expected).max() == 1
