"""Since when a figure is another: change points of each series, and the commits around them.

Apache Otava finds them. It wants another NumPy than TensorFlow does, so it lives in an environment of its own, made on
first use, and is spoken to as a process.
"""

import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..own_environment import NotInstalledError, OwnEnvironment, last_line
from .row import HistoryError
from .series import NumberedRow, all_series

PACKAGE = "apache-otava==0.8.0"
LEAST_RUNS = 10  # of fewer no change is significant
PATIENCE_S = 120.0  # for a series of some hundred runs, and more for more of them
PATIENCE_S_A_VALUE = 0.002
MOST_SERIES = 600  # that are looked at together
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


def change_points(rows: Sequence[NumberedRow], find: Find) -> list[ChangePoint]:
    """Return the change points of all figures, in order of time.

    Args:
        rows: runs of one subject (`series.Subject`), oldest first.
        find: finds those of lists, as `Otava` does.
    """
    return change_points_of_all([rows], find)


def change_points_of_all(
    groups: Iterable[Sequence[NumberedRow]], find: Find, most: int = MOST_SERIES
) -> list[ChangePoint]:
    """Return the change points of several subjects' figures, in order of time; they are asked for at once.

    Args:
        groups: runs of each subject, oldest first.
        find: see `change_points`.
        most: how many series are looked at, those of the first groups.
    """
    asked: list[tuple[str, list[tuple[int, str, float]]]] = []
    for rows in groups:
        for series in all_series(rows):
            if len(series.at) >= LEAST_RUNS and not series.constant and len(asked) < most:
                runs = [rows[at] for at in series.at.tolist()]
                commits = [(number, row.commit + "+" * row.dirty) for number, row in runs]
                points = [(*each, value) for each, value in zip(commits, series.values.tolist(), strict=True)]
                asked.append((series.figure, points))
    found = find([[value for _, _, value in points] for _, points in asked]) if asked else []
    changes = []
    for (name, points), at in zip(asked, found, strict=True):
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
                timeout=PATIENCE_S + PATIENCE_S_A_VALUE * sum(map(len, series)),
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
