"""The data path's code with one small change, replayed on what was recorded of a run.

The data path is what samples go through on the board beside the front end's kinds: from AUDIO to columns, the model's
input, outputs and detections.
"""

from collections.abc import Callable
from functools import lru_cache

from ...build.compared_expressions import of_width
from ...bundle.key import BundleKey
from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession
from ...core.changed_process import Change
from ...core.conversation import Stream
from .altered import change_told, look_at
from .evidence import FileRecord
from .figures import PIECE
from .search import CODE, Candidate, Int8, View

LEAST_ROWS = 3  # that differ, so that no change gives them by chance
LEAST_VALUES = 6
NEAR_BEGINNING = 3  # windows, or as many columns: from the beginning, where what is set up at it shows
CODE_FOLDER, FIRMWARE = "firmware/core", "the firmware"
Kind = Callable[[Bundle, int], AlteredSession]


@lru_cache(maxsize=3)
def _running(image: BundleKey, kind: Kind | None) -> AlteredSession:
    """One process for all diagnoses of a bundle, and of those that are deployed beside it, or of another kind."""
    return (kind or AlteredSession)(image.bundle, PIECE)


def session_of(bundle: Bundle, kind: Kind | None = None) -> AlteredSession:
    """The process that runs changed sessions.

    Args:
        bundle: in use, or deployed.
        kind: of sessions; None: the data path's.

    Raises:
        HilError: it cannot run here.
    """
    session = _running(BundleKey.of(bundle), kind)
    if not session.runs:
        _running.cache_clear()
        session = _running(BundleKey.of(bundle), kind)
    return session


def all_changes(session: AlteredSession, column: int = 0) -> list[Change]:
    """Every change that does not depend on a bound, made from a column of each stream on."""
    return [(number, column) for number, what in enumerate(session.alterations) if not what.below]


def made_in(change: Change, view: View, near: int) -> Change:
    """A change as it is made in a file: from the beginning where the first `near` rows of a stream show it."""
    rows = view.wrong_rows
    return (change[0], 0) if not len(rows) or view.first + rows[0] < near else change


def end_of_file_before(bundle: Bundle, file: FileRecord, raw: Int8 | None) -> list[Stream]:
    """The end of the file before, as far as it says where its ring stood; empty where there is none."""
    if file.before is None:
        return []
    piece, frames = file.before.piece, bundle.frames
    first = -piece.first_column % frames  # where the ring begins anew
    first += max(0, (len(piece.expected) - first) // frames - 2) * frames
    return [Stream(piece.samples[first * bundle.settings.hop :], 0, raw)]


def code_candidate(
    session: AlteredSession, change: Change, replay: Callable[[View], Int8 | None]
) -> Candidate:
    """A change of the code as a cause."""
    what = session.alteration(change)
    cause, told = change_told(what, change, FIRMWARE)
    width = of_width(what.before, what.after)
    return Candidate(cause, told, look_at(what, CODE_FOLDER), replay, family=CODE, width=width)
