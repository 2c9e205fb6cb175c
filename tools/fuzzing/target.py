"""What a target is: a corpus of whole inputs, and what is done with a damaged one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host.errors import HilError
from host.printable import printable

from .mutate import mutated

FOUND = Path(__file__).parent / "corpus"
"""Inputs that once were finds, a folder a target: damaged further like the others, and tried whole by the tests."""

MOST_TOLD = 4000  # characters: longer ones hide what they say


@dataclass(frozen=True)
class Limits:
    """What a target may take.

    Attributes:
        patience_s: for one case.
        most_mb: its process and all below it, resident.
        share: of the time of all targets, in parts of what most have.
    """

    patience_s: float = 30.0
    most_mb: float = 600.0
    share: float = 1.0


class Target:
    """Base of the targets.

    Args:
        name: of the target.
        corpus: whole inputs.
        damage: makes a damaged input of one of them: (input, all inputs, random numbers).
    """

    def __init__(
        self,
        name: str,
        corpus: list[bytes],
        damage: Callable[[bytes, list[bytes], random.Random], bytes] = mutated,
    ) -> None:
        self.corpus = corpus + [path.read_bytes() for path in found(name)]
        self._damage = damage

    def one(self, rng: random.Random, folder: Path) -> str:
        """Damage one input and take it; see `take`."""
        return self.take(self._damage(rng.choice(self.corpus), self.corpus, rng), rng, folder)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """Do with `data` what the project does with input of its kind; says what came of it.

        Args:
            data: the input.
            rng: for all else that is left to chance.
            folder: for files; left empty.

        Raises:
            Exception: a find. A refusal is none.
        """
        raise NotImplementedError


def found(name: str) -> list[Path]:
    """Inputs of a target that once were finds."""
    return sorted((FOUND / name).glob("*"))


def check_refusal(error: HilError, *wanted: str) -> str:
    """Hold a refusal to what every error promises; returns "refused".

    Raises:
        AssertionError: it names no cause, no cure, not what it is about, or is none to print.
    """
    text = str(error)
    if not error.cause.strip() or not error.cure.strip() or not all(word in error.cause for word in wanted):
        raise AssertionError(f"an error that does not name cause and cure: {error}") from error
    if len(text) > MOST_TOLD or printable(text) != text:
        raise AssertionError(f"an error that is not fit to print: {text[:300]!r}") from error
    return "refused"
