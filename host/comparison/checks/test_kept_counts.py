"""Counters that fall behind a new connection."""

from dataclasses import replace
from typing import Any

import pytest

from ...link import messages as m
from ...link.codec import Payload
from ..fakes import sample_status
from .answers import Request
from .kept_counts import lost_counts, lost_told, marks_exchanged


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, ""),
        ({"rx_frames": 7}, {"rx_frames": 9}, ""),
        ({"rx_frames": 2**32 - 2}, {"rx_frames": 3}, ""),  # it went round
        ({"rx_frames": 0}, {"rx_frames": 2**31 - 1}, ""),
        ({"rx_frames": 0}, {"rx_frames": 2**31}, "rx_frames 2,147,483,648 (0 before)"),
        ({"columns": 7}, {"columns": 0}, ""),  # of the last stream, which a new host need not know
        ({"rx_high_water": 900}, {"rx_high_water": 899}, "rx_high_water 899 (900 before)"),
        (
            {"rx_high_water": 900, "tx_high_water": 50, "gaps": 3},
            {"rx_high_water": 20, "tx_high_water": 0, "gaps": 0},
            "rx_high_water 20 (900 before), tx_high_water 0 (50 before), gaps 0 (3 before)",
        ),
    ],
)
def test_what_is_less_is_told(before: dict[str, Any], after: dict[str, Any], told: str) -> None:
    status = sample_status()
    seen, _ = lost_told(replace(status, **before), replace(status, **after), False)
    assert seen == (f"behind a new connection STATUS tells less: {told}" if told else "")


def test_marks_that_are_exchanged_are_told_as_that() -> None:
    status = replace(sample_status(), rx_high_water=900, tx_high_water=500)
    seen, why = marks_exchanged(status, replace(status, rx_high_water=500, tx_high_water=900))
    assert (
        seen.endswith("500 bytes and the send buffer 900, and before it 900 and 500") and "each mark" in why
    )
    assert marks_exchanged(status, replace(status, rx_high_water=500, tx_high_water=901)) == ("", "")
    assert marks_exchanged(status, status) == ("", "")
    alike = replace(status, tx_high_water=900)
    assert marks_exchanged(alike, alike) == ("", "")


@pytest.mark.parametrize(("more", "whole", "told"), [(3, True, True), (3, False, False), (0, True, False)])
def test_frames_that_are_counted_as_sent_again(more: int, whole: bool, told: bool) -> None:
    status = replace(sample_status(), retransmitted=2)
    after = replace(status, retransmitted=status.retransmitted + more)
    seen, why = lost_told(status, after, whole)
    assert ("counts 3 retransmitted more" in seen and "sent_before" in why) == told == bool(seen)


def test_both_buffers_are_filled_before_the_connection() -> None:
    done: list[object] = []

    class Device:
        max_payload = 103

        def status(self, clear: bool = False) -> m.Status:
            done.append(("status", clear))
            return replace(sample_status(), rx_high_water=104 if len(done) < 6 else 12)

        def echo(self, data: bytes) -> bytes:
            done.append(len(data))
            return data

        def exchange(self, requests: list[Request]) -> list[Payload]:
            done.append([(kind, len(payload)) for kind, payload in requests])
            return []

    def connect() -> m.Info:
        done.append("connect")
        return m.Info()

    info, seen, why = lost_counts(Device(), connect, False)
    assert info == m.Info() and "rx_high_water 12 (104 before)" in seen and "link_begin_connection" in why
    told, anew = ("status", False), ("status", True)
    assert done == [anew, 51, [(m.Audio.TYPE, 102)], told, told, "connect", told]


def test_counts_that_fall_without_a_connection_are_no_connections_doing() -> None:
    class Device:
        max_payload = 100
        told = 50

        def status(self, clear: bool = False) -> m.Status:
            del clear
            self.told -= 10
            return replace(sample_status(), rx_frames=self.told)

        def echo(self, data: bytes) -> bytes:
            return data

        def exchange(self, requests: list[Request]) -> list[Payload]:
            del requests
            return []

    assert lost_counts(Device(), m.Info, True) == (m.Info(), "", "")
