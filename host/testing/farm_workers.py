"""Tests on the boards of a farm file: with pytest-xdist a worker a board, and `-n auto` as many as there are."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from ..board.farm import read_farm
from ..board.named import NamedBoard
from ..board.ways import way_of
from ..configuration import held
from ..errors import HilError

GIVEN = "hil_farm_board"  # how a worker is told its board


def farm_of(options: argparse.Namespace) -> list[NamedBoard]:
    """The boards of the farm file that options, environment or `hil.toml` name; none when one board is named.

    Raises:
        HilError: the ways to name a board contradict each other, or the file cannot be used.
    """
    tags = tuple(options.tag or ())
    if way_of(options) != "boards":
        if tags:
            raise HilError(
                "--hil-tag chooses among the boards of a farm file, and none is named",
                "name it with --hil-boards",
            )
        return []
    farm = Path(held("boards", options.boards).value)
    return read_farm(farm, tags, getattr(options, "coordinator", None))


class FarmWorkers:
    """A plugin of the process that distributes tests: gives each worker a board that no other has.

    Args:
        boards: all there are.
    """

    def __init__(self, boards: list[NamedBoard]) -> None:
        self._boards = boards
        self._had: dict[str, int] = {}  # by worker

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker starts, in place of one that crashed perhaps: its board is free again."""
        free = next(at for at in range(len(self._boards)) if at not in self._had.values())
        self._had[node.gateway.id] = free
        node.workerinput[GIVEN] = free

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002
        """A worker has ended."""
        self._had.pop(node.gateway.id, None)

    def check(self, workers: int) -> None:
        """Refuse more workers than boards, and several boards without workers.

        Args:
            workers: how many pytest-xdist starts; 0 without it.

        Raises:
            pytest.UsageError: says what to give.
        """
        names = ", ".join(board.name for board in self._boards)
        if workers > len(self._boards):
            raise pytest.UsageError(
                f"{workers} workers were asked for, and the boards are {len(self._boards)}: {names}\n"
                "  → give -n auto: one worker a board"
            )
        if not workers and len(self._boards) > 1:
            raise pytest.UsageError(
                f"several boards are named, and one process tests one: {names}\n"
                "  → give -n auto (pytest-xdist: one worker a board), or name one board by its tags with --hil-tag"
            )


def workers_of(config: pytest.Config) -> int:
    """How many processes pytest-xdist starts; 0 when it is not there, or not asked for."""
    return len(getattr(config.option, "tx", None) or ())


def given_board(config: pytest.Config, boards: list[NamedBoard]) -> NamedBoard:
    """The board of this process."""
    return boards[getattr(config, "workerinput", {}).get(GIVEN, 0)]
