"""What is said of texts of INFO that are not the right ones."""

from dataclasses import replace
from typing import Any

import pytest

from ...board.interface import BoardFacts
from ...link import messages as m
from .conftest import Make, with_info
from .identity import find_identity, wrong_info
from .texts import whose_text

RIGHT = {"firmware_version": "0.1.0", "board": "virtual", "chip": "computer", "bundle_name": b"default"}
INFO = m.Info(firmware_version="0.1.0", board="virtual", chip="computer", bundle_name=b"default")


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("chip", "virtual", ": that is the text of another field, the board"),
        ("board", "computer", ": that is the text of another field, the chip"),
        ("chip", "0.1.0", ": that is the text of another field, the firmware's version"),
        ("firmware_version", "default", ": that is the text of another field, the bundle's name"),
        ("bundle_name", b"virtual", ": that is the text of another field, the board"),
        ("bundle_name", b"trill", ": that is a label of the bundle (number 1)"),
        ("chip", "", ": nothing is written there"),
        ("bundle_name", b"", ": nothing is written there"),
        ("board", "virtualcomputer", ": the chip stands behind it, so its end is not kept"),
        ("chip", "compute", ": its first 7 of 8 bytes alone"),
        ("chip", "omputer", ": its first byte is left out"),
        ("chip", "toaster", ""),
    ],
)
def test_what_a_wrong_text_is(field: str, text: Any, told: str) -> None:
    assert whose_text(replace(INFO, **{field: text}), field, RIGHT, ("beep", "trill")) == told


def test_exchanged_texts_are_each_told_as_the_others() -> None:
    info = replace(INFO, board="computer", chip="virtual")
    assert whose_text(info, "board", RIGHT).endswith("the chip")
    assert whose_text(info, "chip", RIGHT).endswith("the board")


def test_what_stands_behind_a_text_is_what_another_field_must_have() -> None:
    info = replace(INFO, board="virtualcomputer", chip="")
    assert whose_text(info, "board", RIGHT) == ": the chip stands behind it, so its end is not kept"


def test_a_text_that_two_fields_have_is_nobodys() -> None:
    info = replace(INFO, chip="other", firmware_version="other", board="other")
    assert whose_text(info, "chip", {}) == ""


def test_what_a_board_that_was_started_here_tells(record: Make) -> None:
    run = with_info(record(), chip="virtual", board="virtual", reset_reason=0)
    run.board, run.facts = "virtual", BoardFacts({"chip": "computer", "reset_reason": m.ResetReason.POWER_ON})
    reasons = find_identity(run).reasons
    other = ": that is the text of another field, the board"
    assert f"INFO says chip virtual, the board was started with computer{other}" in reasons
    assert (
        "INFO says reset_reason 0, the board was started with 1 (why it booted, 0 is unknown): as if it were never set"
        in reasons
    )
    with_info(run, board="computer")
    assert (
        "INFO says that the board is 'computer', it is 'virtual': that is the text of another field, the chip"
        in find_identity(run).reasons
    )


def test_a_bundles_name_that_is_a_label_is_told_as_that(record: Make) -> None:
    run = record()
    (label, *_) = run.bundle.labels
    told = wrong_info(replace(run.info, bundle_name=label.encode()), run.bundle, True)
    assert told[0].endswith(": that is a label of the bundle (number 0)")


def test_numbers_of_another_bundle_are_no_other_fields_of_the_right_one(record: Make) -> None:
    run = record()
    one = replace(run.info, stride=run.bundle.settings.bands)
    assert wrong_info(one, run.bundle, True)[0].endswith("that is its bands")
    hashes = ("model_hash", "frontend_hash", "settings_hash")
    changed: dict[str, Any] = {field: bytes(range(32)) for field in hashes}
    other = replace(one, bundle_name=b"other", **changed)
    told = wrong_info(other, run.bundle, True)
    assert len(told) == 5
    assert not [words for words in told if ": " in words]
