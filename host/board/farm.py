"""`farm.toml`: the boards that stand together, by name.

    [[board]]
    name = "kitchen"
    kind = "esp32"
    url = "/dev/serial/by-id/usb-Silicon_Labs_CP2102_0001-if00-port0"
    tags = ["psram", "lab-2"]

    [[board]]
    name = "attic"
    kind = "esp32s3"
    url = "rfc2217://attic.example:4000"
    baud = 921600

    [[board]]
    name = "shelf"
    kind = "esp32"
    place = "lab/esp32-3"
    coordinator = "lab.example:20408"

A virtual board has neither URL nor place: it is started here.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from ..declared import File, declared, expecting, nearest, text
from ..errors import HilError
from ..line.port import PORT_CURE, trouble_with_url
from ..link.rates import FASTEST_BAUD
from .choice import BoardChoice
from .kinds.registry import kind_named
from .named import NamedBoard
from .options import coordinator_from
from .places.labgrid_client import COORDINATOR_CURE, address_trouble

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_BOARDS = 256
MOST_BYTES = 1 << 20
KindName = Literal["virtual", "esp32", "esp32s3", "qemu", "serial"]
_EXAMPLE = 'write one as `[[board]]` with name = "kitchen", kind = "esp32", url = "/dev/ttyUSB0"'
_PLACE_CURE = "give it as `labgrid-client places` does"
_KIND_CURE = "give virtual, esp32, esp32s3, qemu or serial (anything that answers at a port)"


class FarmError(HilError):
    """A farm file cannot be used."""


@dataclass(frozen=True)
class FarmBoard:
    """One board.

    Attributes:
        name: what reports call it.
        kind: of board, as `--board` has it; `serial` is whatever answers at the URL.
        url: device or pyserial URL; none for a board that is started here, or of a place.
        tags: words to choose it by.
        baud: line speed; 0: the boot rate, none: as fast as it goes.
        place: of labgrid's, whose board it is, in place of a URL.
        coordinator: labgrid's address for that place; none: that of `--coordinator`, LG_COORDINATOR or `hil.toml`.
    """

    name: Annotated[str, text(63)]
    kind: Annotated[KindName, expecting(_KIND_CURE)]
    url: Annotated[str, text(1000, PORT_CURE, least=0)] = ""
    tags: tuple[Annotated[str, text(63)], ...] = ()
    baud: Annotated[int, Meta(ge=0, le=FASTEST_BAUD)] | None = None
    place: Annotated[str, text(1000, _PLACE_CURE, least=0)] = ""
    coordinator: Annotated[str, text(300, COORDINATOR_CURE, least=0)] = ""


@dataclass(frozen=True)
class Farm:
    """The whole file.

    Attributes:
        board: all boards.
    """

    board: Annotated[tuple[FarmBoard, ...], expecting(_EXAMPLE, min_length=1, max_length=MOST_BOARDS)]


def read_farm(path: Path, tags: Sequence[str] = (), coordinator: str | None = None) -> list[NamedBoard]:
    """The boards of a farm file.

    Args:
        path: the file.
        tags: only boards that have all of these.
        coordinator: labgrid's address as an option gives it, for places that name none.

    Raises:
        FarmError: it cannot be read, says something wrong or the same twice, or has no board with these tags.
    """
    file = File(str(path), FarmError)
    farm = declared(_values(path), Farm, file)
    _check(farm, file)
    known = sorted({tag for board in farm.board for tag in board.tags})
    for tag in tags:
        if tag not in known:
            has = nearest(tag, known) if known else "its boards have no tags"
            raise FarmError(f"{path} has no board with the tag {tag!r}", f"give another tag; {has}")
    chosen = [_named(board, path, coordinator) for board in farm.board if set(tags) <= set(board.tags)]
    if not chosen:
        raise FarmError(
            f"no board of {path} has all of the tags {', '.join(tags)}",
            "give fewer tags, or tag a board with all",
        )
    return chosen


def _values(path: Path) -> object:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise FarmError(
            f"{path} cannot be read: {error.strerror or error}", f"name a farm file with --boards; {_EXAMPLE}"
        ) from error
    if not content.strip():
        raise FarmError(f"{path} is empty", _EXAMPLE)
    try:
        if len(content) > MOST_BYTES:
            raise ValueError("it is larger than 1 MB")
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FarmError(f"{path} is no TOML file: {error}", _EXAMPLE) from error


def _check(farm: Farm, file: File) -> None:
    """What one entry asks of itself and of the others.

    Raises:
        FarmError: something is wrong; says what.
    """
    names: dict[str, int] = {}
    urls: dict[str, str] = {}
    places: dict[tuple[str, str], str] = {}
    for at, board in enumerate(farm.board):
        place = f"board[{at}]"
        if board.name in names:
            raise file.wrong(
                f"{place}.name",
                f"is {board.name!r}, as is board[{names[board.name]}]",
                "give each board its own name",
            )
        names[board.name] = at
        kind = kind_named(board.kind)
        if board.place or board.coordinator:
            _check_place(board, f"{place}.", file)
            same = places.setdefault((board.coordinator, board.place), board.name)
            if same != board.name:
                raise file.wrong(
                    f"{place}.place",
                    f"is {board.place!r}, which {same!r} has",
                    "give each board its own place",
                )
            continue
        if not board.url:
            if kind.needs_port:
                raise file.wrong(
                    f"{place}.url", f"is missing for {board.name!r}, of kind {board.kind}", PORT_CURE
                )
            continue
        if not kind.takes_port:
            raise file.wrong(
                f"{place}.url",
                f"is {board.url!r}, and a board of kind {board.kind} is started here",
                "remove the URL",
            )
        trouble = trouble_with_url(board.url)
        if trouble:
            raise file.wrong(f"{place}.url", f"is {board.url!r}, which is no address: {trouble}", PORT_CURE)
        same = urls.setdefault(_where(board.url), board.name)
        if same != board.name:
            raise file.wrong(
                f"{place}.url", f"is {board.url!r}, where {same!r} is already", "give each board its own URL"
            )


def _check_place(board: FarmBoard, at: str, file: File) -> None:
    """What an entry with a place asks of itself.

    Raises:
        FarmError: something is wrong; says what.
    """
    if not board.place:
        raise file.wrong(
            f"{at}coordinator", f"is {board.coordinator!r}, and the board has no place", "add `place`"
        )
    if board.url:
        raise file.wrong(
            f"{at}url",
            f"is {board.url!r}, and the place {board.place!r} knows where its board is",
            "remove it",
        )
    if not kind_named(board.kind).takes_port:
        raise file.wrong(
            f"{at}place",
            f"is {board.place!r}, and a board of kind {board.kind} is started here",
            "correct the kind, or remove the place",
        )
    if board.coordinator and address_trouble(board.coordinator):
        raise file.wrong(
            f"{at}coordinator", f"is {board.coordinator!r}, which is no address", COORDINATOR_CURE
        )


def _where(url: str) -> str:
    """The same for two names of one port."""
    try:
        return url if "://" in url else os.path.realpath(url)
    except ValueError:
        return url


def _named(board: FarmBoard, path: Path, coordinator: str | None) -> NamedBoard:
    """The board, for a run.

    Raises:
        PlaceError: the coordinator that it does not name itself is no address.
    """
    said_by = f"{path}, board {board.name!r},"
    choice = BoardChoice(board.kind, board.url or None, board.baud, said_by=said_by)
    if board.place:
        address = board.coordinator or coordinator_from(coordinator)
        choice = replace(choice, place=board.place, coordinator=address)
    return NamedBoard(board.name, choice, board.tags)
