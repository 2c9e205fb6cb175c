"""Values given on the command line: what argparse calls to read one, with its bounds. Standard library only.

`float` alone takes nan and 1e400, `int` takes ten thousand digits, and both take what no option means. Each option
has one of these as its `type`, so that a wrong value ends with code 2 and the option's name.
"""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})(e[+-]?[0-9]{1,4})?", re.IGNORECASE)
_SHOWN = 40


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def __call__(self, text: str) -> int:
        """Read it.

        Raises:
            ArgumentTypeError: it is none, or out of bounds.
        """
        if _WHOLE.fullmatch(text) and self.low <= int(text) <= self.high:
            return int(text)
        raise _refused(text, f"a whole number from {self.low} to {self.high}")


@dataclass(frozen=True)
class Number:
    """A finite number from `low` to `high`, above `low` when `above` is true; the option's value is `times` as much."""

    low: float
    high: float
    above: bool = False
    times: float = 1.0

    def __call__(self, text: str) -> float:
        """Read it.

        Raises:
            ArgumentTypeError: it is none, or out of bounds.
        """
        if _NUMBER.fullmatch(text):
            value = float(text)
            if self.low <= value <= self.high and not (self.above and value == self.low):
                return value * self.times
        bounds = f"above {self.low:g} and up to" if self.above else f"from {self.low:g} to"
        raise _refused(text, f"a number {bounds} {self.high:g}")


def _refused(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
    return argparse.ArgumentTypeError(f"{shown} is not {wanted}")


def place(text: str) -> Path:
    """A file or folder. `Path` alone makes the working directory of an empty text, as an unset variable leaves one.

    Raises:
        ArgumentTypeError: the text is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: is the variable that it comes from set?")
    return Path(text)


SHARE = Number(0.0, 1.0)
SEED = Whole(0, (1 << 32) - 2)  # what TensorFlow takes, and one more
EPOCHS = Whole(1, 100_000)
AT_ONCE = Whole(1, 256)  # processes, or threads
RATE_HZ = Whole(1000, 192_000)
COLUMNS = Whole(1, 65_535)
