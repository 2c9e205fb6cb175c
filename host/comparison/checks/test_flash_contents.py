"""What lies in flash in an image's place is found by announcing it, and nothing is told of an image that lies there."""

from collections.abc import Callable

import numpy as np
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


def _kept(count: Callable[[int], int]) -> Callable[[bytes], bytes]:
    """Of each piece so many bytes."""
    return lambda image: b"".join(
        piece[: count(len(piece))] + _erased(piece[count(len(piece)) :]) for piece in _pieces(image)
    )


def _turned(image: bytes) -> bytes:
    whole = np.frombuffer(image[:-3], ">u4").astype("<u4")
    return whole.tobytes() + image[-3:]


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
        *(
            (_late(by), f"the image {by} bytes later than where it is looked for")
            for by in (4, 8, 16, 32, 64)
        ),
        (_end(lambda _: b"\xff\xff\xff"), "those behind the last whole word, which are not written"),
        (_end(lambda _: b"\0\0\0"), "those behind the last whole word, which are zeros"),
        (_end(lambda piece: piece[:3]), "which are the first bytes of their piece"),
        (_end(lambda piece: piece[-7:-4]), "which are those of the whole word before"),
        (_over, "which are written over the beginning of their piece"),
        (_end(lambda _: b"\4\5\6"), "which are the first bytes of the image"),
        (_turned, "the image with the order of bytes reversed in each word"),
        (_kept(lambda size: size // 2), "of each piece the first half alone, and erased flash behind that"),
        (
            _kept(lambda size: size // 4),
            "of each piece the first quarter alone, as if words were counted where",
        ),
        (_kept(lambda size: 1012 if size == 1016 else 72), "of each piece all but the last word, and"),
        (_kept(lambda size: size - 1), "of each piece all but its last byte, and"),
        (_kept(lambda size: min(size, 256)), "of each piece the first 256 bytes, and"),
        (
            _kept(lambda size: 248 if size == 1016 else 75),
            "what 8 bits of its length tell, 248 of 1,016, and",
        ),
        (lambda image: image[:-75] + b"\xff" * 75, "all pieces but the last one"),
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
    assert len(image) % 4 == 3 and len(image) % PIECE == 75 and len(image) > 2 * SECTOR + PIECE
    assert set(image) == set(range(256)) - {0, 1, 2, 3, 0xFF}
    assert len({piece[:3] for piece in _pieces(image)}) == 10, "no two pieces begin alike"
