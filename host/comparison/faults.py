"""What was wrong with a stream that is not a differing value, by the claim that it breaks."""

from collections import defaultdict

TOLD = 10  # sentences kept of each claim; the others are counted


class Faults:
    """Sentences by the name of the claim they break; the first ones in full, all of them counted."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = defaultdict(int)
        self._told: dict[str, list[str]] = defaultdict(list)

    def add(self, claim: str, text: str) -> None:
        """Something that breaks `claim`."""
        self._counts[claim] += 1
        if len(self._told[claim]) < TOLD:
            self._told[claim].append(text)

    def count(self, claim: str) -> int:
        """How many were found."""
        return self._counts.get(claim, 0)

    def told(self, claim: str) -> list[str]:
        """The first of them."""
        return self._told.get(claim, [])
