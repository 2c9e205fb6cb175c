"""A bundle that fills its half of the slot, beside an image that fills the other one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from numpy.typing import NDArray

from ...bundle.image import ALIGNMENT, bundle_image
from ...bundle.load import Bundle
from ...core.conversation import Asked
from ...link import messages as m
from ..fakes import FakeInterpreter
from . import full_slot
from .conftest import SlotFake
from .full_slot import HALVES_OVERLAP, filled
from .slot import SlotCheck

pytestmark = pytest.mark.native


def _bytes() -> Callable[[int], bytes]:
    numbers: Iterator[int] = iter(range(1, 9))
    return lambda count: bytes([next(numbers)]) * count


@pytest.mark.parametrize("spare", [0, 1, ALIGNMENT - 1, ALIGNMENT, 10 * ALIGNMENT + 3])
def test_a_bundle_is_filled_up_to_the_room(bundle: Bundle, spare: int) -> None:
    room = len(bundle_image(bundle)) + spare
    full = filled(bundle, room)
    assert full is not None and room - ALIGNMENT < len(bundle_image(full)) <= room
    assert full.model_bytes.startswith(bundle.model_bytes) and full.name == bundle.name
    assert full.model_hash != bundle.model_hash or full.model_bytes == bundle.model_bytes


def test_a_slot_that_is_too_small_or_too_large_is_not_filled(bundle: Bundle) -> None:
    assert filled(bundle, len(bundle_image(bundle)) - 1) is None
    assert filled(bundle, 262_145) is None
    full = filled(bundle, 262_144)
    assert full is not None and len(bundle_image(full)) == 262_144


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", ""),
        (
            "halves overlap",
            "with a slot that is full, after a restart: the board runs the bundle compiled in",
        ),
        ("full refused", "a deployment brings RECEIVING, REFUSED ('why'), and RECEIVING, ACTIVE is owed"),
    ],
)
def test_a_slot_that_does_not_hold_what_fills_it(
    bundle: Bundle, samples: NDArray[Any], fault: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_slot.secrets, "token_bytes", lambda count: b"\5" * count)
    room = len(bundle_image(bundle)) + 64 * ALIGNMENT
    device = SlotFake(bundle, [], fault, room)
    check = SlotCheck(device, bundle, FakeInterpreter(bundle), samples, _bytes())
    full = filled(check.first, room)
    assert full is not None
    device.know([check.first, check.second, full])
    heard = check.slot.heard
    check.run()
    assert heard is not None and check.slot.heard is heard and not check.restart.wrong
    asked = [each for step in heard.steps if isinstance(step, Asked) for each in step.requests]
    length = len(bundle_image(full)).to_bytes(4, "little")  # only asked whether it would be taken
    assert sum(kind == m.DeployBegin.TYPE and payload.startswith(length) for kind, payload in asked) <= 1
    if not words:
        assert check.slot.wrong == []
        return
    (told,) = check.slot.wrong
    assert told.startswith(words)
    assert told.endswith(HALVES_OVERLAP) is (fault == "halves overlap")
    assert told.endswith("this one fills the slot, and smaller ones were taken") is (fault == "full refused")
