"""What the check of the slot sends, request by request, and what it says of answers that are not owed."""

import hashlib
import zlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.image import bundle_image
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ..fakes import FakeInterpreter, bundle_info, sample_status
from . import restarts, slot
from .answers import Request
from .conftest import SlotFake
from .restarts import RESTART_S
from .slot import SlotCheck

pytestmark = pytest.mark.native
GOES_ON = (
    "its clock goes on through it; look at what uptime_ms is made of (session_send_status in "
    "firmware/core/session/info.c), and at what that clock begins from when the board boots (now_us of the target)"
)
TOO_LONG = "after a restart STATUS tells {:,} ms of uptime, and it was asked for at most 2,300 ms ago"


class Recording(SlotFake):
    """Keeps what it is asked, each exchange by itself; a restart and a stream by a word."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle, [])
        self.asked: list[list[Payload]] = []
        self.restarts: list[float | None] = []
        self.sounds: list[int] = []

    def exchange(self, requests: list[Request]) -> list[Payload]:
        self.asked.append([m.decode(kind, payload) for kind, payload in requests])
        return super().exchange(requests)

    def reset(self, timeout_s: float | None = None) -> m.Info:
        self.restarts.append(timeout_s)
        return super().reset(timeout_s)

    def stream(self, blocks: Any, features: bool = True, inference: bool = True) -> Any:
        kept = [block.copy() for block in blocks]
        self.sounds.append(sum(map(len, kept)))
        return super().stream(iter(kept), features, inference)


def ran(bundle: Bundle, sound: NDArray[np.int16]) -> tuple[Recording, SlotCheck]:
    numbers = iter(range(1, 9))
    device = Recording(bundle)
    check = SlotCheck(
        device, bundle, FakeInterpreter(bundle), sound, lambda count: bytes([next(numbers)]) * count
    )
    device.know([check.first, check.second])
    check.run()
    assert (check.slot.wrong, check.restart.wrong) == ([], [])
    return device, check


def sent(image: bytes, end: Payload, **announced: Any) -> list[Payload]:
    """An image in pieces of whole words of flash."""
    begin: dict[str, Any] = {
        "length": len(image),
        "crc32": zlib.crc32(image),
        "sha256": hashlib.sha256(image).digest(),
    }
    pieces = [m.DeployData(at, image[at : at + 1016]) for at in range(0, len(image), 1016)]
    return [m.DeployBegin(**(begin | announced)), *pieces, end]


def test_a_text_that_is_cut_off(bundle: Bundle, samples: NDArray[np.int16]) -> None:
    _, check = ran(bundle, samples)
    for theirs, cause in (
        (b"a nam", ": its first 5 of 11 bytes alone; look at what sends a text ("),
        (b"other", ""),
    ):
        check.slot.wrong.clear()
        check._hold_text("it", theirs, "a name of 1")
        (told,) = check.slot.wrong
        assert told.startswith(f"it is {theirs.decode()!r}, 'a name of 1' is right{cause}")
        assert ("session_send_text" in told) == bool(cause)


def test_all_that_is_sent(bundle: Bundle, samples: NDArray[np.int16]) -> None:
    device, check = ran(bundle, samples)
    first, image = bundle_image(check.first), bundle_image(check.second)
    sha = hashlib.sha256(image).digest()
    commit = m.DeployCommit()
    right: dict[str, Any] = {"crc32": zlib.crc32(image), "sha256": sha}
    damaged = image[:-1] + bytes([image[-1] ^ 1])
    spoilt = first[:-1] + bytes([first[-1] ^ 1])
    assert device.asked == [
        sent(first, commit),
        [m.DeployBegin(length=1 << 20)],
        [m.DeployBegin(length=(1 << 20) + 1)],
        [m.DeployBegin(length=len(image)), m.DeployAbandon(), m.DeployData(0, image[:8])],
        [m.DeployBegin(length=len(image)), m.DeployData(0, image[:8]), m.DeployData(16, image[16:24])],
        [m.DeployBegin(length=len(image)), m.DeployData(0, image[:8]), m.DeployData(0, image[:8])],
        sent(image, commit, crc32=zlib.crc32(image) ^ 1),
        sent(image, commit, crc32=zlib.crc32(image) ^ 0x80000000),
        sent(image, commit, sha256=bytes([sha[0] ^ 1]) + sha[1:]),
        sent(image, commit, sha256=sha[:31] + bytes([sha[31] ^ 1])),
        sent(damaged, commit, **right),
        sent(image[:-8], commit, length=len(image), **right),
        sent(bytes(at % 251 for at in range(1015)), commit),
        sent(bytes(at % 251 for at in range(1016)), commit),
        [
            m.StreamStart(79, m.StreamFlag.FEATURES),
            m.DeployBegin(),
            m.DeployBegin(len(image)),
            m.StreamEnd(79),
        ],
        sent(image, m.DeployTry()),
        [m.DeployAbandon()],
        sent(image, m.DeployTry()),
        sent(image, commit),
        sent(spoilt, commit, crc32=zlib.crc32(first), sha256=hashlib.sha256(first).digest()),
        sent(first, commit),
        [m.DeployBegin()],
    ]
    assert device.restarts == [RESTART_S] * 5 == [20.0] * 5
    assert device.sounds[0] == len(samples) >= device.sounds[1] and len(device.sounds) == 2
    assert (check.slot.what, check.restart.what) == (
        "two bundles deployed and tried on sound, nine images refused, the slot emptied",
        "5 restarts on request",
    )


def test_states_that_are_not_owed_are_told(bundle: Bundle, samples: NDArray[np.int16]) -> None:
    _, check = ran(bundle, samples)
    status = m.DeployStatus
    states = m.DeployState
    told = check.slot.wrong
    check._hold_states("it", [status(state=states.RECEIVING)], states.RECEIVING)
    assert not told
    check._hold_states("it", [], states.RECEIVING, states.ACTIVE)
    check._hold_states("it", [m.Error(), status(state=99)], states.REFUSED)
    check._hold_states("it", [status(state=states.ACTIVE)], states.RECEIVING, states.ACTIVE)
    assert told == [
        "it brings nothing, and RECEIVING, ACTIVE is owed",
        "it brings ERROR, 99, and REFUSED is owed",
        "it brings ACTIVE, and RECEIVING, ACTIVE is owed",
    ]


def test_a_name_counts_where_a_bundle_is_told(bundle: Bundle, samples: NDArray[np.int16]) -> None:
    _, check = ran(bundle, samples)
    wrong = m.DeployStatus(state=m.DeployState.ACTIVE, text=b"other")
    right = m.DeployStatus(state=m.DeployState.ACTIVE, text=bundle.name.encode())
    cases: list[list[Payload]] = [
        [],
        [wrong, right],
        [wrong, m.Error()],
        [m.DeployStatus(state=m.DeployState.REFUSED, text=b"why")],
    ]
    for answers in cases:
        check._hold_name(answers, bundle)
    assert not check.slot.wrong
    check._hold_name([right, wrong], bundle)
    (told,) = check.slot.wrong
    assert told == f"the name in DEPLOY_STATUS is 'other', {bundle.name!r} is right"
    for other, whose in ((check.first, "deployed first"), (check.second, "deployed last")):
        check._hold_name([m.DeployStatus(state=m.DeployState.TRIAL, text=other.name.encode())], bundle)
        assert check.slot.wrong[-1] == (
            f"the name in DEPLOY_STATUS is {other.name!r} (the bundle {whose}), {bundle.name!r} is right"
        )


class Spoilt(Recording):
    """Spoils what a deployed bundle gives."""

    def stream(self, blocks: Any, features: bool = True, inference: bool = True) -> Any:
        for message in super().stream(blocks, features, inference):
            if isinstance(message, m.Features) and message.first_column == 0:
                cells = bytearray(message.cells)
                cells[0] ^= 1
                yield m.Features(0, bytes(cells))
            elif isinstance(message, m.Detection):
                continue
            else:
                yield message


def test_what_a_deployed_bundle_gives_on_sound_is_held_against_the_reference(
    bundle: Bundle, samples: NDArray[np.int16]
) -> None:
    numbers = iter(range(1, 9))
    device = Spoilt(bundle)
    check = SlotCheck(
        device, bundle, FakeInterpreter(bundle), samples, lambda count: bytes([next(numbers)]) * count
    )
    device.know([check.first, check.second])
    check.run()
    begin = "the deployed bundle on sound: "
    cells = bundle.settings.columns(len(samples)) * bundle.settings.bands
    told = [text.removeprefix(begin) for text in check.slot.wrong if text.startswith(begin)]
    assert any(text.startswith(f"1 of {cells:,} feature cells differ, first column 0, ") for text in told)
    assert any("detections differ where scores meet a threshold exactly, first " in text for text in told)


@pytest.mark.parametrize(
    ("uptime_ms", "before_ms", "told"),
    [
        (0, 0, ""),
        (2300, 1, ""),
        (2301, 90_000, TOO_LONG),
        (2301, 0, TOO_LONG),
        (2301, 2301, TOO_LONG),  # a clock in another unit may have come to as much again
        (23_000, 23_000, TOO_LONG),
        (23_001, 23_001, f"{TOO_LONG}: {GOES_ON}"),
        (25_301, 23_001, f"{TOO_LONG}: {GOES_ON}"),
        (25_302, 23_001, TOO_LONG),
        (23_001, 23_002, TOO_LONG),
    ],
)
def test_a_clock_that_began_before_the_restart_is_told(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, uptime_ms: int, before_ms: int, told: str
) -> None:
    """It was asked for two seconds ago; clocks go apart by a tenth, and a tenth of a second is to spare."""
    device = Recording(bundle)
    check = SlotCheck(device, bundle, None, np.zeros(9, np.int16))
    times = iter((100.0, 102.0))
    monkeypatch.setattr(restarts, "time", SimpleNamespace(monotonic=lambda: next(times)))
    uptimes = iter((before_ms, uptime_ms))
    monkeypatch.setattr(
        device, "status", lambda: replace(sample_status(), inferences=0, uptime_ms=next(uptimes))
    )
    check._restarts.once()
    assert "; ".join(check.restart.wrong) == told.format(uptime_ms)


def test_a_clock_that_goes_on_is_told_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Recording(bundle)
    check = SlotCheck(device, bundle, None, np.zeros(9, np.int16))
    monkeypatch.setattr(restarts, "time", SimpleNamespace(monotonic=lambda: 5.0))
    status = replace(sample_status(), inferences=0, uptime_ms=90_000)
    monkeypatch.setattr(device, "status", lambda: status)
    for _ in range(3):
        check._restarts.once()
    assert len(check.restart.wrong) == 1 and GOES_ON in check.restart.wrong[0]


def test_each_proof_is_asked_with_a_nonce_of_32_bits(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Recording(bundle)
    check = SlotCheck(device, bundle, None, np.zeros(9, np.int16))
    bits: list[int] = []

    def randbits(count: int) -> int:
        bits.append(count)
        return 0xFFFF_FFFF

    monkeypatch.setattr(slot, "secrets", SimpleNamespace(randbits=randbits))
    check._expect("now", bundle, 0)
    assert bits == [32] and not check.slot.wrong


def test_a_deployment_that_is_refused_is_told(bundle: Bundle) -> None:
    """The device knows none of the bundles."""
    check = SlotCheck(Recording(bundle), bundle, None, np.zeros(9, np.int16))
    check._deploy(check.first)
    assert check.slot.wrong == [
        "a deployment brings RECEIVING, REFUSED ('no bundle'), and RECEIVING, ACTIVE is owed"
    ]


def test_a_clock_may_be_just_as_far_as_is_to_spare(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Recording(bundle)
    check = SlotCheck(device, bundle, None, np.zeros(9, np.int16))
    monkeypatch.setattr(restarts, "time", SimpleNamespace(monotonic=lambda: 5.0))
    for uptime_ms, told in ((100, 0), (101, 1)):
        status = replace(sample_status(), inferences=0, uptime_ms=uptime_ms)
        monkeypatch.setattr(device, "status", lambda status=status: status)
        check._restarts.once()
        assert len(check.restart.wrong) == told


def test_none_is_set_aside_behind_what_was_sent(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty slot has none, and none that was deployed crashed."""
    check = SlotCheck(SlotFake(bundle, []), bundle, None, samples)
    check._expect("before", bundle, 0)
    assert not check.slot.wrong
    info = bundle_info(bundle)
    aside = replace(info, capabilities=info.capabilities | m.Capability.SET_ASIDE)
    monkeypatch.setattr(check._device, "info", lambda: aside)
    check._expect("now", bundle, 0)
    (told,) = check.slot.wrong
    assert told.startswith("now: INFO says that a bundle in the slot is set aside, and none is")


def test_a_reason_that_the_bundles_source_has_is_told_for_it(bundle: Bundle) -> None:
    check = SlotCheck(SlotFake(bundle, []), bundle, None, np.zeros(9, np.int16))
    check._restarts.reasons, check._restarts._sources = [(1, 1), (1, 1)], [2, 2]
    check._restarts.hold_reasons()
    (told,) = check.restart.wrong
    assert (
        ": that is what bundle_source tells each time, so one is told for the other (session_send_info"
        in told
    )
    other = SlotCheck(SlotFake(bundle, []), bundle, None, np.zeros(9, np.int16))
    other._restarts.reasons, other._restarts._sources = [(1, 1), (1, 1)], [2, 1]
    other._restarts.hold_reasons()
    assert "bundle_source" not in other.restart.wrong[0]


def test_the_bundles_source_is_read_behind_each_restart(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = SlotCheck(Recording(bundle), bundle, None, np.zeros(9, np.int16))
    told = replace(bundle_info(bundle), bundle_source=2, reset_reason=1)
    monkeypatch.setattr(check._device, "reset", lambda _: told)
    check._restarts.once()
    check._restarts.hold_reasons()
    assert ": that is what bundle_source tells each time" in check.restart.wrong[-1]


def test_the_reason_that_came_first_is_kept_whatever_began(bundle: Bundle) -> None:
    check = SlotCheck(Recording(bundle), bundle, None, np.zeros(9, np.int16))
    states = m.DeployState.RECEIVING, m.DeployState.REFUSED, m.DeployState.REFUSED
    answers: list[Payload] = [
        m.DeployStatus(state, text=text) for state, text in zip(states, (b"", b"one", b"two"), strict=True)
    ]
    check._hold_states("a deployment", answers, m.DeployState.RECEIVING, m.DeployState.ACTIVE)
    assert (check._refused_first, check._refused) == (b"one", [("a deployment", b"two")])
