"""What of an image is lost in flash, on flash that is erased in part."""

from collections.abc import Callable

import pytest

from .lost_in_flash import NOT_WRITTEN, SECTOR, SPOILT, not_erased, where_lost

Erases = Callable[[int, int], bool]  # whether sector `at` of an image of so many is


def flash(erases: Erases, writes: bool = True) -> Callable[[bytes], bool]:
    """Bits that are written can only become 0."""
    kept = bytearray(b"\x5a" * 8 * SECTOR)

    def is_lost(image: bytes) -> bool:
        sectors = -(-len(image) // SECTOR)
        for at in range(sectors):
            if erases(at, sectors):
                kept[at * SECTOR : (at + 1) * SECTOR] = b"\xff" * SECTOR
        for place, byte in enumerate(image):
            kept[place] &= byte if writes else 0xFF
        return bytes(kept[: len(image)]) != image

    return is_lost


@pytest.mark.parametrize(
    ("erases", "told"),
    [
        (lambda at, count: at < count - 1, ": all sectors of an image but the last one are erased before"),
        (lambda at, _: at > 0, ": all sectors of an image but the first one are erased before"),
        (lambda at, _: at == 0, ": only the first sector of an image is erased before it is written"),
        (lambda *_: False, ": no sector of an image is erased before it is written"),
        (lambda at, _: at != 1, ""),
        (lambda *_: True, ""),
    ],
)
def test_what_is_not_erased_is_told(erases: Erases, told: str) -> None:
    found = where_lost(flash(erases))
    assert not_erased(flash(erases)) == found
    assert found.startswith(told) and bool(found) == bool(told)


def test_what_is_not_written_is_no_matter_of_erasing() -> None:
    assert where_lost(flash(lambda *_: True, writes=False)) == NOT_WRITTEN


def test_what_is_erased_again_is_told_from_what_is_not_erased() -> None:
    right = flash(lambda *_: True)
    assert where_lost(lambda image: len(image) > SECTOR or right(image)) == SPOILT


def test_of_an_image_of_zeros_that_is_lost_nothing_is_said_of_erasing() -> None:
    assert not_erased(lambda _: True) == ""
    assert not_erased(flash(lambda *_: True, writes=False)) == ""
