"""The tables as this version has them, made when they are used (`late.py`)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from .late import sa

_TEXTS = (
    *("time", "run_id", "source", "host", "command", "commit", "tool_version", "board", "board_name"),
    *("chip", "reached", "firmware", "firmware_hash", "bundle", "model_sha256", "frontend_sha256"),
    *("settings_sha256", "verdict", "report"),
)


class Tables(NamedTuple):
    """All of them."""

    metadata: sa.MetaData
    version: sa.Table
    runs: sa.Table
    details: sa.Table


@cache
def tables() -> Tables:
    """Return the tables."""
    metadata = sa.MetaData()
    version = sa.Table("history_version", metadata, sa.Column("version", sa.Integer, nullable=False))
    runs = sa.Table(
        "runs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sa.Column("dirty", sa.Boolean, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.JSON(none_as_null=True), nullable=False)
            for name in ("built_with", "reasons", "figures", "histograms", "versions")
        ),
    )
    details = sa.Table(
        "details",
        metadata,
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    return Tables(metadata, version, runs, details)
