"""Since when a figure is another: change points of each series, and the commits around them.

Apache Otava finds them. It wants another NumPy than TensorFlow does, so it lives in an environment of its own, made on
first use, and is spoken to as a process.
"""

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..lock import file_lock
from .location import data_folder
from .row import HistoryError
from .series import NumberedRow, all_series

PACKAGE = "apache-otava==0.8.0"
LEAST_RUNS = 10  # of fewer no change is significant
INSTALL_S = 900.0
PATIENCE_S = 120.0  # for a series of some hundred runs, and more for more of them
PATIENCE_S_A_VALUE = 0.002
MOST_SERIES = 600  # that are looked at together
_PROGRAM = Path(__file__).with_name("otava_series.py")
_READY = "ready"

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
        self._folder = folder or data_folder() / PACKAGE.replace("==", "-")
        self._say = say

    def __call__(self, series: Sequence[Sequence[float]]) -> list[list[tuple[int, float, float]]]:
        """Find the change points of each series: index, mean before, mean after.

        Raises:
            HistoryError: the environment cannot be made, or Otava failed.
        """
        python = self._python()
        try:
            done = subprocess.run(
                [str(python), str(_PROGRAM)],
                input=json.dumps([list(each) for each in series]),
                capture_output=True,
                text=True,
                timeout=PATIENCE_S + PATIENCE_S_A_VALUE * sum(map(len, series)),
                check=True,
            )
            return [[(int(i), float(a), float(b)) for i, a, b in each] for each in json.loads(done.stdout)]
        except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
            raise HistoryError(
                f"Apache Otava does not work: {_last_line(error)}",
                f"remove {self._folder}, so that it is installed anew, or use --no-changes",
            ) from error

    def _python(self) -> Path:
        """The environment's Python; the environment is made when it is not there or was not finished."""
        python = self._folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if (self._folder / _READY).exists():
            return python
        try:
            with file_lock(self._folder.with_name(f"{self._folder.name}.lock")):
                if not (self._folder / _READY).exists():
                    self._say(f"Installing {PACKAGE} into {self._folder} (once) …")
                    venv.create(self._folder, clear=True, with_pip=True)
                    subprocess.run(
                        [str(python), "-m", "pip", "install", "--quiet", PACKAGE],
                        capture_output=True,
                        text=True,
                        timeout=INSTALL_S,
                        check=True,
                    )
                    (self._folder / _READY).touch()
        except (OSError, subprocess.SubprocessError) as error:
            raise HistoryError(
                f"{PACKAGE} cannot be installed into {self._folder}: {_last_line(error)}",
                "connect to a package index once, or use --no-changes",
            ) from error
        return python


def _last_line(error: Exception) -> str:
    """What a process said at last, or the error itself."""
    said = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1] if said else str(error)
