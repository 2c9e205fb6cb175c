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
    assert (device.requests[0].NAME, device.requests[-1].NAME) == ("STREAM_START", "STREAM_END")


def test_a_device_whose_columns_hardly_take_longer_says_nothing(bundle: Bundle) -> None:
    def last(times: list[int]) -> int:
        return times[-1]

    assert ask_slow_columns(Timed(bundle, last, message_ns=0), bundle) == ""
    assert ask_slow_columns(Timed(bundle, last, windows_less=1), bundle) == ""


def test_windows_of_two_columns_have_none_between_them(bundle: Bundle) -> None:
    unasked: Any = None
    assert ask_slow_columns(unasked, replace(bundle, stride=2)) == ""
