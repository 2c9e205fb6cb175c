"""Which column's time is told as the slowest one's, by a device whose columns take as long as they have messages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from .answers import Request
from .slow_columns import ask_slow_columns

pytestmark = pytest.mark.native

COLUMN_NS, MESSAGE_NS = 2000, 60


class Timed:
    """Takes some time for a column, and some for each message.

    Args:
        bundle: that it runs.
        told: what it tells as the slowest of a window's columns, given what they take.
        message_ns: that a message takes.
        windows_less: that do not come.
    """

    def __init__(
        self,
        bundle: Bundle,
        told: Callable[[list[int]], int],
        message_ns: int = MESSAGE_NS,
        windows_less: int = 0,
    ) -> None:
        self._bundle, self._told, self._message_ns, self._less = bundle, told, message_ns, windows_less
        self.max_payload = 1024
        self.requests: list[Payload] = []

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """All windows of one stream."""
        settings, bundle = self._bundle.settings, self._bundle
        self.requests = [m.decode(kind, payload) for kind, payload in requests]
        samples, times = 0, [0]
        for request in self.requests:
            if not isinstance(request, m.Audio):
                continue
            left = len(request.samples) // 2
            while left:
                due = settings.samples_for(len(times)) - samples
                taken = min(left, due)
                times[-1] += self._message_ns
                samples, left = samples + taken, left - taken
                if taken == due:
                    times[-1] += COLUMN_NS
                    times.append(0)
        columns, windows = times[:-1], list[Payload]()
        ends = range(bundle.frames, len(columns) + 1, bundle.stride)
        for index, end in enumerate(ends):
            those = columns[0 if index == 0 else end - bundle.stride : end]
            windows.append(
                m.WindowResult(index=index, frontend_ns=sum(those), frontend_max_ns=self._told(those))
            )
        return windows[: len(windows) - self._less]


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (max, ""),
        (lambda times: times[0], "first"),
        (lambda times: times[-1], "last"),
        (min, ""),
        (lambda times: times[len(times) // 2], ""),
        (lambda times: sum(times) // len(times), ""),
    ],
)
def test_the_place_that_alone_shows_is_told(
    bundle: Bundle, told: Callable[[list[int]], int], place: str
) -> None:
    device = Timed(bundle, told)
    assert ask_slow_columns(device, bundle) == place
    first, *audio, last = device.requests
    assert isinstance(first, m.StreamStart) and not first.flags  # columns alone
    assert isinstance(last, m.StreamEnd)
    sizes = [len(each.samples) // 2 for each in audio if isinstance(each, m.Audio)]
    assert len(sizes) == len(audio) and max(sizes) == 512  # what a payload of 1,024 bytes holds
    settings = bundle.settings
    assert sum(sizes) == settings.samples_for(bundle.frames + 12 * bundle.stride)
    assert sizes.count(1) >= 9 * settings.hop  # three windows with a slow column of each of three places


def test_a_device_whose_columns_hardly_take_longer_says_nothing(bundle: Bundle) -> None:
    def last(times: list[int]) -> int:
        return times[-1]

    assert ask_slow_columns(Timed(bundle, last, message_ns=0), bundle) == ""
    assert ask_slow_columns(Timed(bundle, last, windows_less=1), bundle) == ""


class Scripted:
    """Answers with windows of such times, by the place of the slow column.

    Args:
        windows: front end's and slowest column's time in ns; the three without a slow column first of each turn.
        count: how many windows come behind the first.
    """

    max_payload = 1024

    def __init__(self, windows: list[tuple[int, int]], count: int = 12) -> None:
        self._windows = [(9, 9), *(windows[index % 4] for index in range(count))]

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """Whatever is asked."""
        del requests
        return [
            m.WindowResult(index=index, frontend_ns=front_end, frontend_max_ns=slowest)
            for index, (front_end, slowest) in enumerate(self._windows)
        ]


STRIDE = 10
TIMES_NS = [(100_000, 5000), (102_000, 5000), (102_000, 5000), (102_000, 6001)]  # none, first, middle, last


def _changed(at: int, front_end: int, slowest: int) -> list[tuple[int, int]]:
    return [(front_end, slowest) if place == at else times for place, times in enumerate(TIMES_NS)]


@pytest.mark.parametrize(
    ("windows", "place"),
    [
        (TIMES_NS, "last"),
        (_changed(3, 102_000, 6000), "last"),  # a tenth of a column's 10,000 ns longer
        (_changed(3, 102_000, 5999), ""),
        (_changed(1, 90_000, 5000), "last"),  # whatever all columns are said to take
        (_changed(1, 102_000, 5500), "last"),  # half of the most that shows: not more
        (_changed(1, 102_000, 5501), ""),  # two places show
        (_changed(2, 102_000, 6500), ""),
        ([*_changed(1, 102_000, 5500)[:3], (102_000, 6000)], "last"),  # exactly half
    ],
)
def test_how_much_must_show(bundle: Bundle, windows: list[tuple[int, int]], place: str) -> None:
    """A tenth of a column's time must show, and elsewhere no more than half of that."""
    ten = replace(bundle, stride=STRIDE)
    assert ask_slow_columns(Scripted(windows), ten) == place


def test_another_number_of_windows_says_nothing(bundle: Bundle) -> None:
    ten = replace(bundle, stride=STRIDE)
    assert [ask_slow_columns(Scripted(TIMES_NS, count), ten) for count in (11, 12, 13)] == ["", "last", ""]


def test_windows_of_three_columns_are_enough(bundle: Bundle) -> None:
    three = replace(bundle, stride=3)
    assert ask_slow_columns(Timed(three, lambda times: times[0]), three) == "first"


def test_windows_of_two_columns_have_none_between_them(bundle: Bundle) -> None:
    unasked: Any = None
    assert ask_slow_columns(unasked, replace(bundle, stride=2)) == ""


def test_a_busy_computer_makes_no_other_place_of_it(bundle: Bundle) -> None:
    """Of each place's windows the least disturbed one counts."""
    device = Scripted(TIMES_NS)
    device._windows = [
        (front_end + 50_000 * (index % 5 == 0), slowest + 9000 * (index in (2, 3, 7, 10)))
        for index, (front_end, slowest) in enumerate(device._windows)
    ]
    assert ask_slow_columns(device, replace(bundle, stride=STRIDE)) == "last"
