"""What lies in flash in an image's place is found by announcing it, and nothing is told of an image that lies there."""

from collections.abc import Callable

import pytest

from .flash_contents import contents_told, made_image

PIECE = 1016
SECTOR = 4096


def _pieces(image: bytes) -> list[bytes]:
    return [image[at : at + PIECE] for at in range(0, len(image), PIECE)]


def _erased(image: bytes) -> bytes:
    return b"\xff" * len(image)


def _late(by: int) -> Callable[[bytes], bytes]:
    return lambda image: (b"\xff" * by + image)[: len(image)]


def _end(words: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Another end behind the whole words, made of the last piece."""
    return lambda image: image[:-3] + words(_pieces(image)[-1])


def _over(image: bytes) -> bytes:
    piece = _pieces(image)[-1]
    mixed = bytes(one & other for one, other in zip(piece, piece[-3:] + b"\xff", strict=False))
    return image[: -len(piece)] + mixed + piece[4:-3] + b"\xff" * 3


@pytest.mark.parametrize(
    ("lies", "words"),
    [
        (_erased, "erased flash, of which nothing was written"),
        (_late(SECTOR), "the image 4,096 bytes, a sector, later than where it is looked for"),
        (
            lambda image: image[SECTOR:] + b"\xff" * SECTOR,
            "the image 4,096 bytes, a sector, earlier than where",
        ),
        (_late(16), "the image 16 bytes later than where it is looked for"),
        (_end(lambda _: b"\xff\xff\xff"), "those behind the last whole word, which are not written"),
        (_end(lambda _: b"\0\0\0"), "those behind the last whole word, which are zeros"),
        (_end(lambda piece: piece[:3]), "which are the first bytes of their piece"),
        (_end(lambda piece: piece[-7:-4]), "which are those of the whole word before"),
        (_over, "which are written over the beginning of their piece"),
        (
            lambda image: b"".join(
                p[: len(p) // 4] + b"\xff" * (len(p) - len(p) // 4) for p in _pieces(image)
            ),
            "of each piece the first quarter alone, as if words were counted where bytes are",
        ),
        (lambda image: image[:PIECE] + b"\xff" * (len(image) - PIECE), "the first piece alone"),
        (lambda image: bytes(len(image)), None),
        (lambda image: image, None),
        (lambda image: image[:-1] + b"\1", None),
    ],
)
def test_what_lies_there_is_told(lies: Callable[[bytes], bytes], words: str | None) -> None:
    told = contents_told(PIECE, lambda image, content: lies(image) == content)
    assert (words is None) == (told == "") and (words or "") in told
    if words:
        assert told.startswith(": an image of 9,219 bytes, the checksums of which are wrong, is taken")


def test_a_board_that_takes_nothing_and_one_that_takes_all() -> None:
    asked: list[bytes] = []

    def none(_: bytes, content: bytes) -> bool:
        asked.append(content)
        return False

    assert contents_told(PIECE, none) == ""
    assert len(asked) == len(set(asked)) > 15, "no two of what may lie there are the same"
    assert contents_told(PIECE, lambda *_: True) == ""


def test_the_image_ends_within_a_word_and_has_no_byte_that_erased_flash_has() -> None:
    image = made_image(PIECE)
    assert len(image) % 4 == 3 and len(image) > 2 * SECTOR + PIECE
    assert 0xFF not in image and 0 not in image
