"""Why a board does not use its slot's bundle is read from its log."""

from types import SimpleNamespace

import pytest

from .slot_aside import aside_told

LINE = "the bundle in the model slot is not used: "


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            [f"{LINE}the image is cut off"],
            "'the image is cut off'; it came whole and was in use, so it is given",
        ),
        (
            [f"{LINE}it crashed this board twice in a row", "later"],
            "twice in a row'; it did not; look at what counts",
        ),
        ([f"{LINE}the image is cut off", f"{LINE}other"], "'other'; it was taken as it came"),
        ([LINE], ""),
        (["something"], ""),
        ([], ""),
    ],
)
def test_the_last_reason_is_told(log: list[str], words: str) -> None:
    told = aside_told(SimpleNamespace(log=log))
    assert words in told and bool(words) == bool(told)


def test_a_device_without_a_log() -> None:
    assert aside_told(object()) == ""
