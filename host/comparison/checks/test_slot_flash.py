"""Behind which pieces a board says that writing flash failed tells what is refused."""

from collections.abc import Sequence

import pytest

from ...checkout import CORE
from ...link import messages as m
from ...link.codec import Payload
from .slot_flash import FAILED, erasing_told, flash_told


class Flash:
    """What a slot asks of flash: sectors are erased at their beginning alone, and words written within it.

    Args:
        erases: by how much more is told to be erased than a sector; None: to the end of the piece.
        fails: from which byte on; None: nowhere.
        nowhere: whether even nothing can be written.
    """

    def __init__(self, erases: int | None = 0, fails: int | None = None, nowhere: bool = False) -> None:
        self._erases, self._fails, self._nowhere = erases, fails, nowhere

    def ask(self, requests: Sequence[Payload]) -> list[Payload]:
        """One deployment."""
        begin, *pieces, end = requests
        assert isinstance(begin, m.DeployBegin) and isinstance(end, m.DeployAbandon)
        assert begin.length == 3 * 4096
        sizes = [len(piece.data) for piece in pieces if isinstance(piece, m.DeployData)]
        assert sizes == [0] or (sum(sizes) == begin.length and sizes[:-1] == sizes[:1] * (len(sizes) - 1))
        received = erased = 0
        answers: list[Payload] = [m.DeployStatus(m.DeployState.RECEIVING)]
        for piece in pieces:
            assert isinstance(piece, m.DeployData) and piece.offset == received
            last = received + len(piece.data)
            fails = self._nowhere or (self._fails is not None and last > self._fails)
            while erased < last and not fails:
                fails = erased % 4096 != 0
                erased = last if self._erases is None else erased + 4096 + self._erases
            if fails:
                answers.append(m.DeployStatus(m.DeployState.REFUSED, received, FAILED))
                break
            received = last
        return [*answers, m.DeployStatus(m.DeployState.ABANDONED)]


@pytest.mark.parametrize(
    ("flash", "words"),
    [
        (Flash(nowhere=True), ": so is a piece without a byte, for which nothing is erased: the place where"),
        (Flash(fails=0), ": a piece without a byte is taken, and the first one with some is not"),
        (Flash(erases=None), ": the first piece is taken and the second one is not, whether they have 256 or 1000"),
        (Flash(erases=-8), ": with pieces of 256 and of 1000 bytes 4,000 are taken, and not 4,096: look at"),
        (Flash(fails=8192), ": with pieces of 256 and of 1000 bytes 8,192 are taken, and not 8,448: look at"),
        (Flash(), ""),
    ],
)  # fmt: skip
def test_what_is_refused(flash: Flash, words: str) -> None:
    told = flash_told(flash.ask)
    assert told.startswith(words) and bool(told) == bool(words)


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ({256: 7936, 1000: 8000}, ": with pieces of 256 and of 1000 bytes 8,000 are taken, and not 8,192"),
        ({256: 7936, 1000: 8192}, ""),  # what some of one size are taken to, others are not
        ({256: 7936}, ""),
        ({1000: 8000}, ""),
    ],
)
def test_it_depends_on_how_many_bytes_came_and_not_on_pieces(taken: dict[int, int], words: str) -> None:
    def ask(requests: Sequence[Payload]) -> list[Payload]:
        first = requests[1]
        assert isinstance(first, m.DeployData)
        count = taken.get(len(first.data))
        return [] if count is None else [m.DeployStatus(m.DeployState.REFUSED, count, FAILED)]

    told = flash_told(ask)
    assert told.startswith(words) and bool(told) == bool(words)


def test_it_is_what_the_firmware_says() -> None:
    assert f'"{FAILED.decode()}"' in (CORE / "bundle/slot.c").read_text(encoding="utf-8")


def test_where_flash_is_not_erased_nothing_is_said_of_writing() -> None:
    for taken in (0, 1):
        told = erasing_told(taken)
        assert ("other half" in told) is bool(taken) and "slot_write" not in told
