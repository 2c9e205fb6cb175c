"""A run written to an SQLite file by Python's own driver, as every run does: SQLAlchemy takes a quarter of a second.

Only into a file that has this version's tables already. Making and migrating them, reading, and every other database
are SQLAlchemy's (`database.py`); a test holds the rows of both ways against each other.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def has_version(path: Path, version: int) -> bool:
    """Whether the file is there and has the tables of this version; whatever else it is, the other way tells."""
    try:
        with _connected(path, 0) as connection:
            return connection is not None and _version(connection) == version
    except (OSError, sqlite3.Error):
        return False


def add_row(
    path: Path, version: int, busy_s: float, columns: Mapping[str, Any], packed: bytes | None
) -> int | None:
    """Write a row, and its details if there are any, in one transaction.

    Args:
        path: the file.
        version: of the tables that these columns are for.
        busy_s: how long to wait for another writer.
        columns: by name; dictionaries and lists are kept as JSON.
        packed: what `details` keeps.

    Returns:
        The number of the run; None when the file has other tables, or none: nothing was written then.

    Raises:
        OSError: one may not look for the file.
        sqlite3.Error: it cannot be written.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    with _connected(path, busy_s) as connection:
        if connection is None:
            return None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")  # the only writer from its first word on
        with connection:
            if _version(connection) != version:
                return None
            values = [_stored(value) for value in columns.values()]
            number = connection.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", values).lastrowid
            if packed is not None:
                connection.execute("INSERT INTO details (run, data) VALUES (?, ?)", (number, packed))
    return number


@contextlib.contextmanager
def _connected(path: Path, busy_s: float) -> Iterator[sqlite3.Connection | None]:
    """A connection that begins no transaction by itself; None where there is no file: none is made."""
    if not path.is_file():
        yield None
        return
    with contextlib.closing(sqlite3.connect(path, timeout=busy_s, isolation_level=None)) as connection:
        yield connection


def _version(connection: sqlite3.Connection) -> int:
    """Which version the tables have; 0 where there are none."""
    there = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'history_version'"
    ).fetchone()
    if there is None:
        return 0
    found: int | None = connection.execute("SELECT max(version) FROM history_version").fetchone()[0]
    return found or 0


def _stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
