"""What lies in flash in the place of an image: what is taken as announced is what lies there."""

from collections.abc import Callable, Iterator

SECTOR = 4096
SECTORS = 2
WORD = 4
TAIL = 3  # bytes behind the last whole word
LEAST_HEAD = (4, 8, 16, 32, 64)  # bytes that an image may lie too far
ERASED = b"\xff"
OTHERS = bytes(
    range(4, 255)
)  # than those of erased flash and of zeros; a prime number, so that no two pieces are alike
VERIFIED = "where it is looked for (slot_verify in firmware/core/bundle/slot.c)"
WRITE = "slot_write in firmware/core/bundle/slot.c"


def made_image(piece: int) -> bytes:
    """An image that is no bundle: two sectors, a piece and a bit more, of bytes that are unlike those beside them.

    Args:
        piece: bytes that come in one message.
    """
    length = (SECTOR * SECTORS + piece) // WORD * WORD + 2 * WORD + TAIL
    return (OTHERS * length)[:length]


def contents_told(piece: int, takes: Callable[[bytes, bytes], bool]) -> str:
    """What lies in flash in the place of an image that came, in words behind a colon; empty: itself, or nothing plain.

    Args:
        piece: bytes that come in one message.
        takes: sends an image, announced with the checksums of other bytes, as many; whether it is not refused for that.
    """
    image = made_image(piece)
    if takes(image, image):
        return ""
    for content, words in _contents(image, piece):
        if content != image and takes(image, content):
            return (
                f": an image of {len(image):,} bytes, the checksums of which are wrong, is taken where they are those "
                f"of what lies there then: {words}"
            )
    return ""


def _contents(image: bytes, piece: int) -> Iterator[tuple[bytes, str]]:
    """What may lie there, and what makes it so."""
    yield from _elsewhere(image)
    yield from _other_ends(image, piece)
    yield from _other_pieces(image, piece)


def _elsewhere(image: bytes) -> Iterator[tuple[bytes, str]]:
    """The image at another place."""
    length = len(image)
    yield (
        ERASED * length,
        "erased flash, of which nothing was written; the image is written elsewhere than it is looked for, or not at "
        f"all ({WRITE}, slot_verify)",
    )
    yield (
        (ERASED * SECTOR + image)[:length],
        f"the image {SECTOR:,} bytes, a sector, later than {VERIFIED}: it is looked for in the sector of its record, "
        "or written a sector too far; look at where both begin (image_offset and half_offset)",
    )
    yield (
        image[SECTOR:] + ERASED * SECTOR,
        f"the image {SECTOR:,} bytes, a sector, earlier than {VERIFIED}; look at where both begin (image_offset and "
        "half_offset)",
    )
    for by in LEAST_HEAD:
        yield (
            (ERASED * by + image)[:length],
            f"the image {by} bytes later than {VERIFIED}; look at where both begin (image_offset)",
        )


def _other_ends(image: bytes, piece: int) -> Iterator[tuple[bytes, str]]:
    """Other bytes behind the last whole word."""
    whole, last = len(image) // WORD * WORD, len(image) // piece * piece
    tail = image[whole:]
    of_last = f"the image but for its last {TAIL} bytes, those behind the last whole word, which are"
    for end, words in (
        (ERASED * TAIL, "not written"),
        (bytes(TAIL), "zeros"),
        (
            image[last : last + TAIL],
            "the first bytes of their piece: what is left behind the whole words is taken from the piece's beginning",
        ),
        (image[:TAIL], "the first bytes of the image"),
        (image[whole - WORD : whole - WORD + TAIL], "those of the whole word before"),
    ):
        yield image[:whole] + end, f"{of_last} {words} ({WRITE})"
    over = bytes(one & other for one, other in zip(image[last : last + WORD], tail + ERASED, strict=True))
    yield (
        image[:last] + over + image[last + WORD : whole] + ERASED * TAIL,
        f"{of_last} written over the beginning of their piece, not behind its whole words ({WRITE})",
    )


def _other_pieces(image: bytes, piece: int) -> Iterator[tuple[bytes, str]]:
    """Words or pieces that are written otherwise, or in part."""
    length, last = len(image), len(image) // piece * piece
    yield (
        b"".join(image[at : at + WORD][::-1] for at in range(0, length - TAIL, WORD)) + image[-TAIL:],
        f"the image with the order of bytes reversed in each word ({WRITE})",
    )
    for words, kept in _parts_of_pieces(piece):
        pieces = (image[at : at + piece] for at in range(0, length, piece))
        yield (
            b"".join(each[: kept(len(each))] + ERASED * (len(each) - kept(len(each))) for each in pieces),
            f"of each piece {words}, and erased flash behind that ({WRITE})",
        )
    yield image[:piece] + ERASED * (length - piece), f"the first piece alone ({WRITE})"
    yield image[:last] + ERASED * (length - last), f"all pieces but the last one ({WRITE})"


def _parts_of_pieces(piece: int) -> Iterator[tuple[str, Callable[[int], int]]]:
    yield "the first half alone", lambda size: size // 2
    yield "the first quarter alone, as if words were counted where bytes are", lambda size: size // WORD
    yield "all but the last word", lambda size: (size - TAIL) // WORD * WORD  # or what there is of it
    yield "all but its last byte", lambda size: size - 1
    yield "the first 256 bytes", lambda size: min(size, 256)
    yield f"what 8 bits of its length tell, {piece % 256} of {piece:,}", lambda size: size % 256
