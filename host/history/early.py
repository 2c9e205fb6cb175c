"""A run that ended before it began: no board, no bundle, no recordings. It is remembered, too."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from ..bundle.load import Bundle
from ..comparison.record import utc_now
from ..comparison.result import NOT_FINISHED
from ..errors import ExitCode, HilError
from .row import RunRow
from .surroundings import Surroundings


@dataclass
class Beginning:
    """What is known of a run before it begins.

    Attributes:
        time: when it was asked for, UTC.
        board: its kind, or what the user named; empty when nobody did.
        bundle: the one in use, once it is loaded.
        bundle_name: its folder's name, until then.
    """

    time: str = field(default_factory=utc_now)
    board: str = ""
    bundle: Bundle | None = None
    bundle_name: str = ""


def why(error: BaseException) -> str:
    """Why a run ended, in one line."""
    return error.cause if isinstance(error, HilError) else "interrupted"


def row_of_none(begun: Beginning, error: BaseException, where: Callable[[], Surroundings]) -> RunRow:
    """Return the row of a run that `error` ended before it began: nothing was measured."""
    found, bundle = where(), begun.bundle
    interrupted = isinstance(error, KeyboardInterrupt)
    return RunRow(
        time=begun.time,
        run_id=secrets.token_hex(8),
        source="hil",
        **vars(found),
        board=begun.board,
        board_name="",
        chip="",
        reached="",
        firmware="",
        firmware_hash="",
        built_with={},
        bundle=begun.bundle_name if bundle is None else bundle.name,
        model_sha256="" if bundle is None else bundle.model_hash.hex(),
        frontend_sha256="" if bundle is None else bundle.frontend_hash.hex(),
        settings_sha256="" if bundle is None else bundle.settings_hash.hex(),
        verdict=NOT_FINISHED,
        exit_code=int(ExitCode.INTERRUPTED if interrupted else ExitCode.BROKE_OFF),
        reasons=(why(error),),
        report="",
    )
