"""What follows from a fault of the slot is not told beside it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ..cause import Cause
from . import slot
from .conftest import SlotFake
from .lost_in_flash import NOT_WRITTEN
from .slot import SlotCheck
from .slot_flash import erasing_told
from .test_slot_check import checked

pytestmark = pytest.mark.native


def test_what_was_taken_and_should_not_have_been_changes_nothing_that_follows(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    for fault, images in (("CRC unchecked", 2), ("SHA unchecked", 2)):
        told = checked(bundle, samples, fault).slot.wrong
        assert len(told) == images and all(
            "RECEIVING, ACTIVE, and RECEIVING, REFUSED" in text for text in told
        )


def test_of_a_board_that_refuses_what_is_right_nothing_else_is_told(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    begins = "a deployment brings RECEIVING, REFUSED ('why'), and RECEIVING, ACTIVE is owed"
    assert checked(bundle, samples, "takes no bundle").slot.wrong == [f"{begins}{NOT_WRITTEN}"]
    assert checked(bundle, samples, "takes no bundle for another reason").slot.wrong == [begins]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "writes no record",
            ": each bundle is refused so, and a trial of it is not, which writes no record; look at ",
        ),
        (
            "writes one record alone",
            ": into an emptied slot a bundle is taken, and one beside it is not, though a trial of it is; look at ",
        ),
        (
            "reads no bundle",
            ": an image with wrong checksums is refused for another reason, so that it is not these; look at where ",
        ),
    ],
)
def test_a_record_that_is_refused_is_told_from_an_image(
    bundle: Bundle, samples: NDArray[Any], fault: str, words: str
) -> None:
    (told,) = checked(bundle, samples, fault).slot.wrong
    assert told.startswith(
        "a deployment brings RECEIVING, REFUSED ('record'), and RECEIVING, ACTIVE is owed" + words
    )
    assert ("slot_commit" in told) == ("record" in fault) and isinstance(told, Cause)


def test_where_flash_is_not_erased_all_else_follows_from_that(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def only_the_first(is_lost: object, _: object) -> str:
        asked.append(is_lost)
        return ": only the first"

    monkeypatch.setattr(slot, "not_erased", only_the_first)
    assert checked(bundle, samples, "CRC unchecked").slot.wrong == [
        "images do not lie in flash as they came: only the first"
    ]
    assert (
        checked(bundle, samples, "").slot.wrong == [] and len(asked) == 1
    )  # a board that is right is not asked


def test_what_is_refused_as_another_image_is_told_from_what_is_no_bundle(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[bool] = []

    def nothing(is_lost: Callable[[bytes], bool], _: object) -> str:
        lost.append(is_lost(bytes(9)))
        return ""

    monkeypatch.setattr(slot, "not_erased", nothing)
    checked(bundle, samples, "CRC unchecked")
    checked(bundle, samples, "SHA unchecked")
    assert lost == [False, False]


@pytest.mark.parametrize(("fault", "length"), [("SHA of 1015", 1015), ("SHA of 1016", 1016)])
def test_a_checksum_that_is_wrong_of_some_lengths_alone_is_told(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch, fault: str, length: int
) -> None:
    asked: list[int] = []

    def why(_: object, image: bytes, reason: bytes, *__: object) -> str:
        asked.append(len(image))
        return ": as where it is another one" if reason == b"why" else ""

    monkeypatch.setattr(slot, "why_lost", why)
    (told,) = checked(bundle, samples, fault).slot.wrong
    assert told == (
        f"an image of {length:,} bytes that is no bundle is refused as an image that was announced with wrong "
        "checksums is: as where it is another one"
    )
    assert asked == [length]


def test_a_length_that_is_announced_is_not_what_came_and_is_told_once(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    (told,) = checked(bundle, samples, "begins with its length").slot.wrong
    assert told.startswith("the bytes received as a deployment begins is ")
    assert told.endswith(", 0 is right: that is the length announced, not what came of it")


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ((), 1),
        (("once deployed: INFO says something else",), 0),
        (("the deployed bundle on sound: 1 detection differs",), 1),
        (("the deployed bundle on sound: 1 detection differs", "after a trial: INFO says something else"), 0),
    ],
)
def test_values_of_a_board_that_took_another_bundle_are_not_kept(
    bundle: Bundle,
    samples: NDArray[np.int16],
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[str, ...],
    kept: int,
) -> None:
    check = SlotCheck(SlotFake(bundle, []), bundle, None, samples)
    check.slot.wrong += before
    monkeypatch.setattr(slot, "compare_file", lambda *_: SimpleNamespace(detection_mismatches=0))
    monkeypatch.setattr(slot, "departures", lambda *_: [])
    check._compare(check.first, samples)
    assert len(check.streamed) == kept


def test_a_second_trial_that_is_not_loaded_is_told_first(bundle: Bundle, samples: NDArray[Any]) -> None:
    told = checked(bundle, samples, "second trial unloaded").slot.wrong
    assert told[0].startswith(
        "on trial once more: the board runs the bundle deployed first: a trial that follows another one is not loaded"
    )
    assert told[1:] == ["on trial once more: INFO says bundle_source 1, 2 is right"]


def test_a_bundle_that_the_board_sets_aside_is_told_with_its_reason(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    told = checked(bundle, samples, "image cut off").slot.wrong
    assert told[0].startswith(
        "after a restart: the board runs the bundle compiled in: it does not use the one in the slot, 'the image is "
        "cut off'; it came whole and was in use, so it is given a wrong length"
    )
    assert not any("none is" in text or "bundle_source" in text for text in told)


@pytest.mark.parametrize(
    ("reason", "why", "suspects"),
    [
        (b"writing flash failed", ": it is so", ("erase_up_to", "slot_write")),
        (b"other", ": it is lost", ()),
        (b"erasing flash failed", erasing_told(0), ("slot_init", "half_offset", "slot_begin")),
    ],
)
def test_where_flash_refuses_something_that_is_looked_into(
    bundle: Bundle,
    samples: NDArray[Any],
    monkeypatch: pytest.MonkeyPatch,
    reason: bytes,
    why: str,
    suspects: tuple[str, ...],
) -> None:
    """What a board says of the pieces that follow is another reason."""
    check = SlotCheck(SlotFake(bundle, []), bundle, None, samples)
    monkeypatch.setattr(slot, "flash_told", lambda ask: ": it is so" * (ask == check.ask))
    monkeypatch.setattr(check, "_why_lost", lambda *_: ": it is lost")
    reasons = [reason, b"no deployment has begun"]
    answers: list[Payload] = [m.DeployStatus(state=m.DeployState.REFUSED, text=text) for text in reasons]
    check._hold_states("a deployment", answers, m.DeployState.RECEIVING, m.DeployState.ACTIVE)
    check._tell_refused()
    (told,) = check.slot.wrong
    assert told.endswith(why)
    assert check.slot.heard is not None
    assert check.slot.heard.suspects == suspects


@pytest.mark.parametrize("known", [True, False])
def test_of_a_bundle_that_is_read_wrongly_more_are_sent(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    check, sent = SlotCheck(SlotFake(bundle, []), bundle, None, samples), list[bytes]()
    monkeypatch.setattr(slot, "parsed_told", lambda *_: (": by it", ("it",)) if known else ("", ()))
    monkeypatch.setattr(slot, "crafted_bundles", lambda of: [b"one", b"two"] if of is check.first else [])

    def refused_for(image: bytes) -> bytes:
        sent.append(image)
        return b""

    monkeypatch.setattr(check, "_refused_for", refused_for)
    told = check._parsed(b"reason")
    assert (told == ": by it") == known and sent == ([b"one", b"two"] if known else [])
