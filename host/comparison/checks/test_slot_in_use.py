"""Why a board runs another bundle behind refused images, or once its slot is emptied."""

from typing import Any

import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ..cause import Cause
from .test_slot_check import checked

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("fault", "words", "suspects"),
    [
        ("half not noted", "which reads from flash where that lies, they are not: the half that", ("slot_commit",)),
        ("halves turned", "written over the bundle in use, also behind a restart", ("other_half", "slot_begin")),
    ],
)  # fmt: skip
def test_why_a_bundle_in_use_is_another_one_behind_refused_images(
    bundle: Bundle, samples: NDArray[Any], fault: str, words: str, suspects: tuple[str, ...]
) -> None:
    check = checked(bundle, samples, fault)
    (told,) = (
        text for text in check.slot.wrong if text.startswith("after refused images: the bytes of the model")
    )
    assert words in told and isinstance(told, Cause)
    assert check.slot.heard is not None
    if fault == "half not noted":
        assert check.slot.heard.suspects == suspects


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("emptied late", "brings the one compiled in; when the slot is emptied it is not chosen anew"),
        (
            "emptied kept in mind",
            "brings it again, and a restart does not: that no half of the slot is in use",
        ),
    ],
)
def test_why_an_emptied_slots_bundle_runs_is_told_first(
    bundle: Bundle, samples: NDArray[Any], fault: str, words: str
) -> None:
    check = checked(bundle, samples, fault)
    told = check.slot.wrong[0]
    assert told.startswith(
        "once emptied: the board runs the bundle deployed first: a trial that is given up "
    )
    assert words in told and isinstance(told, Cause)
