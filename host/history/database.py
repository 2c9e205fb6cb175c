"""The database: rows in, rows out, and its schema brought up to date. SQLite, or whatever SQLAlchemy speaks."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from .late import load_meanwhile, sa
from .location import shown_url
from .migrations import MIGRATIONS
from .plain_sqlite import add_row, has_version
from .row import Details, HistoryError, RunRow, row_from
from .tables import tables

BUSY_S = 10.0  # that a writer waits for another one
CONNECT_S = 10
MOST_DETAILS = 1 << 22  # compressed bytes of one run
LOCK = 7210317  # PostgreSQL knows locks by number: one program at a time migrates
FILTERS = ("board", "bundle", "verdict", "host", "source")


class History:
    """The history at one place. It is opened for each call, and closed after it.

    Args:
        url: where, as `location.history_url` gives it.
        busy_s: how long to wait for another writer.

    Attributes:
        name: the place, for people.
    """

    def __init__(self, url: Path | sa.URL, busy_s: float = BUSY_S) -> None:
        self.name = shown_url(url)
        self._url, self._busy_s = url, busy_s
        self._path: Path | None = None
        if isinstance(url, Path):
            self._path = url  # whose engine is made when it is used: `late.py`
        else:
            if url.get_backend_name() == "sqlite":
                self._path = Path(url.database or "")
            _ = self._engine

    @cached_property
    def _engine(self) -> sa.Engine:
        """Raises HistoryError when the database has no driver here."""
        url = self._url
        if isinstance(url, Path):
            url = sa.URL.create("sqlite", database=str(url))
        sqlite = self._path is not None
        try:
            arguments = {"timeout": self._busy_s} if sqlite else _limits_of_connecting(url)
            engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
            raise HistoryError(
                f"the history {self.name} cannot be opened: {error}",
                "install that database's driver (PostgreSQL: `pip install psycopg[binary]`), or use an SQLite file",
            ) from error
        if sqlite:
            sa.event.listen(engine, "connect", _plain_transactions)
            sa.event.listen(engine, "begin", _begin)
        return engine

    # ---- writing

    def add(self, row: RunRow, details: Details | None = None) -> int:
        """Remember a run; returns its number.

        Raises:
            HistoryError: the database is locked, read-only, full, not reachable, or of a newer version.
        """
        columns = _columns(row)
        packed = pack(details) if details is not None else None
        if (plain := self._add_plainly(columns, packed)) is not None:
            return plain
        with self._connected(writing=True) as connection:
            self._migrate(connection)
            key = connection.execute(tables().runs.insert().values(**columns)).inserted_primary_key
            assert key is not None
            number = int(key[0])
            if packed is not None:
                connection.execute(tables().details.insert().values(run=number, data=packed))
            return number

    def load_meanwhile(self) -> None:
        """Load what `add` will need, beside work that waits more than it computes."""
        if not (isinstance(self._url, Path) and has_version(self._url, len(MIGRATIONS))):
            load_meanwhile()

    def _add_plainly(self, columns: Mapping[str, Any], packed: bytes | None) -> int | None:
        """The row's number; None when it is not written, and SQLAlchemy is needed."""
        if not isinstance(self._url, Path):
            return None
        try:
            return add_row(self._url, len(MIGRATIONS), self._busy_s, columns, packed)
        except OSError:
            return None
        except sqlite3.Error as error:
            raise _refusal(error, self.name) from error

    # ---- reading

    def last(
        self, most: int, filters: Mapping[str, str] | None = None, before: int | None = None
    ) -> list[tuple[int, RunRow]]:
        """Return the newest runs with their numbers, newest first.

        Args:
            most: how many.
            filters: what columns of `FILTERS` must be.
            before: only runs of a lower number.
        """
        query = sa.select(tables().runs).order_by(tables().runs.c.id.desc()).limit(most)
        for name, value in (filters or {}).items():
            query = query.where(tables().runs.c[name] == value)
        if before is not None:
            query = query.where(tables().runs.c.id < before)
        with self._reading() as connection:
            if connection is None:
                return []
            return [
                (int(found["id"]), row_from(dict(found))) for found in connection.execute(query).mappings()
            ]

    def count(self) -> int:
        """How many runs there are."""
        with self._reading() as connection:
            if connection is None:
                return 0
            return int(connection.execute(sa.select(sa.func.count()).select_from(tables().runs)).scalar_one())

    def run(self, number: int) -> RunRow:
        """Return run `number`.

        Raises:
            HistoryError: there is none.
        """
        with self._reading() as connection:
            found = None
            if connection is not None:
                found = (
                    connection.execute(sa.select(tables().runs).where(tables().runs.c.id == number))
                    .mappings()
                    .first()
                )
        if found is None:
            raise HistoryError(
                f"the history {self.name} has no run {number}", "`history` lists the runs and their numbers"
            )
        return row_from(dict(found))

    def details(self, number: int) -> Details | None:
        """Return what run `number` is compared by; None when it was too much to keep."""
        with self._reading() as connection:
            if connection is None:
                return None
            data = connection.execute(
                sa.select(tables().details.c.data).where(tables().details.c.run == number)
            ).scalar()
        return None if data is None else unpack(bytes(data), number)

    # ---- inside

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection | None]:
        """A connection to a history of this version; None when there is no history yet. An older one is migrated."""
        if self._path is not None and not self._path.exists():
            yield None
            return
        with self._connected() as connection:
            version = self._version(connection)
        if version == 0:
            yield None
            return
        if version < len(MIGRATIONS):
            with self._connected(writing=True) as connection:
                self._migrate(connection)
        with self._connected() as connection:
            yield connection

    def _version(self, connection: sa.Connection) -> int:
        """Which version the database has, 0 for an empty one.

        Raises:
            HistoryError: it is newer than this program.
        """
        if not sa.inspect(connection).has_table(tables().version.name):
            return 0
        version = int(connection.execute(sa.select(sa.func.max(tables().version.c.version))).scalar() or 0)
        if version > len(MIGRATIONS):
            raise HistoryError(
                f"the history {self.name} has version {version}, written by a newer program; this one knows "
                f"{len(MIGRATIONS)}",
                "use the newer program, or another history with --history",
            )
        return version

    def _migrate(self, connection: sa.Connection) -> None:
        """Bring the schema up to date; all of it in the caller's transaction, so that it happens whole or not."""
        if self._engine.dialect.name == "postgresql":  # SQLite's writer is alone already
            connection.execute(sa.text(f"SET LOCAL lock_timeout = {max(1, round(1000 * self._busy_s))}"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        version = self._version(connection)
        if version == len(MIGRATIONS):
            return
        if version == 0:
            tables().version.create(connection)
            connection.execute(tables().version.insert().values(version=0))
        for step in MIGRATIONS[version:]:
            step(connection)
        connection.execute(tables().version.update().values(version=len(MIGRATIONS)))

    @contextlib.contextmanager
    def _connected(self, writing: bool = False) -> Iterator[sa.Connection]:
        """A connection in a transaction; what the database refuses becomes a `HistoryError`."""
        try:
            if writing and self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.connect().execution_options(writing=writing) as connection, connection.begin():
                yield connection
        except sa.exc.DBAPIError as error:
            raise _refusal(error.orig or error, self.name) from error
        except OSError as error:
            raise HistoryError(
                f"the history {self.name} cannot be opened: {error.strerror or error}",
                "make its folder writable, or name another place with --history",
            ) from error


def _columns(row: RunRow) -> dict[str, Any]:
    values: dict[str, Any] = _storable(msgspec.to_builtins(asdict(row)))
    return values


def _storable(value: Any) -> Any:
    """With no text that a database refuses: names of files and boards come from anywhere."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list | tuple) else value


def _limits_of_connecting(url: sa.URL) -> dict[str, Any]:
    """A server that does not answer must not hold up a run for minutes."""
    known = url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query
    return {"connect_timeout": CONNECT_S} if known else {}


def pack(details: Details) -> bytes | None:
    """Return details as the database keeps them: JSON, compressed; without scores where they are too many."""
    packed = zlib.compress(msgspec.json.encode(details))
    if len(packed) > MOST_DETAILS:
        files = {name: replace(file, scores=None) for name, file in details.files.items()}
        packed = zlib.compress(msgspec.json.encode(replace(details, files=files)))
    return packed if len(packed) <= MOST_DETAILS else None


def unpack(data: bytes, number: int) -> Details:
    """The reverse of `pack`.

    Raises:
        HistoryError: somebody else wrote them.
    """
    try:
        return msgspec.json.decode(zlib.decompress(data), type=Details)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise HistoryError(
            f"the details of run {number} are damaged: {error}", "compare runs that are whole"
        ) from error


# SQLite's driver begins transactions late and by itself; here the writer is the only one from its first word on.
def _plain_transactions(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN"
    )


_REFUSALS = (
    (("readonly", "read-only"), "is read-only", "make it writable, or name another history with --history"),
    (
        ("locked", "lock timeout"),
        "is locked by another program",
        "end that program, or name another history with --history",
    ),
    (
        ("is full", "No space left"),
        "has no room: the disk is full",
        "make room, or name another history with --history",
    ),
    (
        ("connection failed", "connection refused", "could not connect", "connection timeout"),
        "cannot be reached",
        "start its server and mend its URL, or name another history with --history (`off`: none)",
    ),
    (
        ("not a database", "malformed"),
        "is damaged",
        "restore it from a copy, or name another history with --history",
    ),
)
"""What drivers say, what that means, and what to do."""


def _refusal(error: BaseException, name: str) -> HistoryError:
    """What the driver's error means."""
    text = " ".join(str(error).split())
    for words, what, cure in _REFUSALS:
        if any(word in text for word in words):
            told = f"{what}: {text}" if what in ("is damaged", "cannot be reached") else what
            return HistoryError(f"the history {name} {told}", cure)
    return HistoryError(
        f"the history {name} cannot be used: {text}",
        "mend that, or name another history with --history (`off`: none)",
    )
