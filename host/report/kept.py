"""Reports of earlier runs: moved aside when the next run begins, the newest of them kept."""

import contextlib
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path

from ..errors import HilError
from ..strict_json import read_json_object

RUNS = "runs"
KEPT = 50
_NAME = re.compile(r"^\d{8}T\d{6}Z-(\d+)$")


def keep_earlier(folder: Path, names: tuple[str, ...], most: int = KEPT) -> Path | None:
    """Move the reports in `folder` to `runs/<UTC time>-<n>/`, the time being that of their run.

    Args:
        folder: of the newest run's reports.
        names: of the files, the one that tells the time (report.json) first.
        most: how many earlier runs are kept; what is older is removed.

    Returns:
        Where they are now, None when there were none or none is kept.

    Raises:
        OSError: the folder cannot be written.
    """
    there = [folder / name for name in names if (folder / name).exists()]
    made = None
    if there and most:
        stamp = _time_of(there[0])
        number = 1
        while made is None:
            candidate = folder / RUNS / f"{stamp}-{number}"
            with contextlib.suppress(FileExistsError):
                candidate.mkdir(parents=True)
                made = candidate
            number += 1
        for path in there:
            with contextlib.suppress(FileNotFoundError):  # another run was quicker
                path.replace(made / path.name)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    _remove_old(folder / RUNS, most)
    return made


def _time_of(path: Path) -> str:
    """When a report's run began, from the report; of one that does not tell, when it was written."""
    with contextlib.suppress(HilError, KeyError, ValueError, TypeError):
        moment = datetime.fromisoformat(str(read_json_object(path, "")["date"]).replace("Z", "+00:00"))
        return f"{moment.astimezone(timezone.utc):%Y%m%dT%H%M%SZ}"
    written = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    return f"{written:%Y%m%dT%H%M%SZ}"


def _remove_old(runs: Path, most: int) -> None:
    """Remove the oldest; only folders that `keep_earlier` made."""
    if not runs.is_dir():
        return
    made = [path for path in runs.iterdir() if _NAME.match(path.name) and not path.is_symlink()]
    made.sort(key=lambda path: (path.name.partition("-")[0], int(path.name.partition("-")[2])))
    for path in made[: max(0, len(made) - most)]:
        shutil.rmtree(path, ignore_errors=True)


def report_of(folder: Path, run_id: str, date: str, name: str) -> Path | None:
    """Return the file `name` of one run's reports, wherever it lies by now; None when it is gone.

    Args:
        folder: that the run wrote to.
        run_id: of the run.
        date: when it began, as report.json has it.
        name: of the file.
    """
    stamp = re.sub(r"[-:]|\.\d+", "", date)
    runs = folder / RUNS
    try:
        places = [folder, *sorted(runs.glob(f"{stamp}-*"))]
    except OSError:
        return None
    for place in places:
        with contextlib.suppress(HilError, KeyError, OSError):
            if read_json_object(place / "report.json", "")["id"] == run_id and (place / name).exists():
                return place / name
    return None
