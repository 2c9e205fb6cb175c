"""How the database came to be what it is: a numbered list, each step from one version to the next.

A step that was released is never changed: databases are out there that it made. `tables.py` shows what all of them
together give, and a test holds one against the other.
"""

from __future__ import annotations

from collections.abc import Callable

from .late import sa


def _first(connection: sa.Connection) -> None:
    """Runs, and what two of them are compared by."""
    metadata = sa.MetaData()
    sa.Table(
        "runs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in (
                *(
                    "time",
                    "run_id",
                    "source",
                    "host",
                    "command",
                    "commit",
                    "tool_version",
                    "board",
                    "board_name",
                ),
                *(
                    "chip",
                    "reached",
                    "firmware",
                    "firmware_hash",
                    "bundle",
                    "model_sha256",
                    "frontend_sha256",
                ),
                *("settings_sha256", "verdict", "report"),
            )
        ),
        sa.Column("dirty", sa.Boolean, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.JSON(none_as_null=True), nullable=False)
            for name in ("built_with", "reasons", "figures", "histograms", "versions")
        ),
        sa.Index("runs_by_subject", "board", "bundle", "id"),
        sa.Index("runs_by_bundle", "bundle", "id"),
        sqlite_autoincrement=True,  # a number is never given twice, whatever was removed
    )
    sa.Table(
        "details",
        metadata,
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    metadata.create_all(connection)


def _second(connection: sa.Connection) -> None:
    """Ways to the newest runs of one board, and of all that makes a series, that read no other runs."""
    connection.execute(sa.text("CREATE INDEX runs_by_board ON runs (board, id)"))
    connection.execute(sa.text("CREATE INDEX runs_by_series ON runs (bundle, board, host, source, id)"))


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first, _second)
"""Step n, counted from 1, makes version n of version n - 1."""
