"""Since when a figure is another: change points of each series, and the commits around them.

Apache Otava finds them. It wants another NumPy than TensorFlow does, so it lives in an environment of its own, made on
first use, and is spoken to as a process.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..own_environment import NotInstalledError, OwnEnvironment, last_line
from .row import HistoryError, RunRow

PACKAGE = "apache-otava==0.8.0"
LEAST_RUNS = 10  # of fewer no change is significant
PATIENCE_S = 120.0
_PROGRAM = Path(__file__).with_name("otava_series.py")

Find = Callable[[Sequence[Sequence[float]]], list[list[tuple[int, float, float]]]]


@dataclass(frozen=True)
class ChangePoint:
    """A figure that is another from one run on.

    Attributes:
        figure: its name.
        last, first: number and commit of the last run before, and of the first after.
        before, after: means on both sides.
    """

    figure: str
    last: tuple[int, str]
    first: tuple[int, str]
    before: float
    after: float


def change_points(rows: Sequence[tuple[int, RunRow]], find: Find) -> list[ChangePoint]:
    """Return the change points of all figures, in order of time.

    Args:
        rows: runs of one board and bundle, oldest first.
        find: finds those of lists, as `Otava` does.
    """
    series: dict[str, list[tuple[int, str, float]]] = {}
    for number, row in rows:
        for name, value in row.figures.items():
            series.setdefault(name, []).append((number, row.commit + "+" * row.dirty, value))
    asked = {
        name: points
        for name, points in series.items()
        if len(points) >= LEAST_RUNS and len({value for _, _, value in points}) > 1
    }
    found = find([[value for _, _, value in points] for points in asked.values()]) if asked else []
    changes = []
    for (name, points), at in zip(asked.items(), found, strict=True):
        for index, before, after in at:
            changes.append(ChangePoint(name, points[index - 1][:2], points[index][:2], before, after))
    return sorted(changes, key=lambda change: (change.first[0], change.figure))


class Otava:
    """Otava in its environment.

    Args:
        folder: of the environment; one in the user's data folder when None.
        say: told when the environment is made.
    """

    def __init__(self, folder: Path | None = None, say: Callable[[str], None] = lambda _text: None) -> None:
        self._environment = OwnEnvironment(PACKAGE, folder, say, without="use --no-changes")

    def __call__(self, series: Sequence[Sequence[float]]) -> list[list[tuple[int, float, float]]]:
        """Find the change points of each series: index, mean before, mean after.

        Raises:
            HistoryError: the environment cannot be made, or Otava failed.
        """
        try:
            python = self._environment.program("python")
            done = subprocess.run(
                [str(python), str(_PROGRAM)],
                input=json.dumps([list(each) for each in series]),
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=True,
            )
            return [[(int(i), float(a), float(b)) for i, a, b in each] for each in json.loads(done.stdout)]
        except NotInstalledError as error:
            raise HistoryError(error.cause, error.cure) from error
        except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
            raise HistoryError(
                f"Apache Otava does not work: {last_line(error)}",
                f"remove {self._environment.folder}, so that it is installed anew, or use --no-changes",
            ) from error
