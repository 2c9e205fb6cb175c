"""The tables as this version has them."""

import sqlalchemy as sa

METADATA = sa.MetaData()

VERSION = sa.Table("history_version", METADATA, sa.Column("version", sa.Integer, nullable=False))

_TEXTS = (
    *("time", "run_id", "source", "host", "command", "commit", "tool_version", "board", "board_name"),
    *("chip", "reached", "firmware", "firmware_hash", "bundle", "model_sha256", "frontend_sha256"),
    *("settings_sha256", "verdict", "report"),
)

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
    sa.Column("dirty", sa.Boolean, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    *(
        sa.Column(name, sa.JSON(none_as_null=True), nullable=False)
        for name in ("built_with", "reasons", "figures", "histograms", "versions")
    ),
)

DETAILS = sa.Table(
    "details",
    METADATA,
    sa.Column("run", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
