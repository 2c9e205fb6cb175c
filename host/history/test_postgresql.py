"""The history in PostgreSQL: a real server, where Debian's is installed."""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from ..cli import main
from ..unprivileged import readable_by_others
from . import database, migrations
from .conftest import MakeRow
from .database import History
from .location import history_url
from .row import Details, FileRow, HistoryError
from .surroundings import surroundings
from .tables import tables

PASSWORD = "geheim-4711"
NAMES = ("nobody", "postgres")  # whom a server may run as: it refuses root
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1:]
FOUND = str(BINARIES[0]) if BINARIES else os.path.dirname(shutil.which("initdb") or "")  # noqa: PTH120
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or not FOUND, reason="PostgreSQL is not installed (Debian: postgresql)"
    ),
    pytest.mark.skipif(importlib.util.find_spec("psycopg") is None, reason="psycopg is not installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[sa.URL]:
    """A server on a free loopback port, with a password; its files are gone afterwards."""
    user = next(name for name in NAMES if _exists(name)) if os.geteuid() == 0 else getpass.getuser()
    options = {"user": user, "group": pwd.getpwnam(user).pw_gid} if os.geteuid() == 0 else {}
    with readable_by_others() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if options:
            shutil.chown(data, user)
        initdb = [
            f"{FOUND}/initdb",
            "-D",
            str(data),
            "-U",
            "team",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-N",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **options)  # type: ignore[call-overload]
        free.close()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # type: ignore[call-overload]
                [f"{FOUND}/postgres", "-D", str(data), *words], stdout=out, stderr=out, cwd=folder, **options
            )
        try:
            url = sa.URL.create("postgresql+psycopg", "team", PASSWORD, "127.0.0.1", port, "postgres")
            _wait(url, log)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # SIGTERM waits until each connection in a pool is closed
            process.wait(60)


def _exists(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _wait(url: sa.URL, log: Path) -> None:
    engine, last = sa.create_engine(url, poolclass=sa.NullPool), time.monotonic() + 60
    while True:
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            assert time.monotonic() < last, log.read_text()
            time.sleep(0.1)


@pytest.fixture
def url(server: sa.URL, request: pytest.FixtureRequest) -> str:
    """A database of its own, as a text with its password."""
    name = f"d{abs(hash(request.node.name))}"
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return server.set(database=name).render_as_string(hide_password=False)


def _history(url: str) -> History:
    found = history_url(url)
    assert found is not None
    return History(found, busy_s=0.5)


def test_rows_come_back_and_the_schema_is_the_tables(url: str, make_row: MakeRow) -> None:
    history = _history(url)
    assert history.last(5) == [] and history.count() == 0
    row = make_row(reasons=("zwei – ‘drei’", "\udcff"[:0]), figures={"arena": 1e-300, "total.p50": 0.1 + 0.2})
    details = Details(("bird",), {"a.wav": FileRow("ab", 3, 1.0, 0.25, "cd", "", b"\0\xff")}, {"0 CONV": 1.5})
    number = history.add(row, details)
    assert history.run(number) == row and history.details(number) == details
    engine = sa.create_engine(url)
    found = sa.MetaData()
    found.reflect(engine)
    for name, table in tables().metadata.tables.items():
        there = {(c.name, c.type.compile(engine.dialect), c.nullable) for c in found.tables[name].columns}
        assert there == {(c.name, c.type.compile(engine.dialect), c.nullable) for c in table.columns}, name


def test_many_write_at_once_from_the_first_word_on(url: str, make_row: MakeRow) -> None:
    rows = [make_row() for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda row: History(sa.make_url(url)).add(row), rows))
    assert len(set(numbers)) == 40 and _history(url).count() == 40
    assert {row.run_id for _, row in _history(url).last(100)} == {row.run_id for row in rows}


def test_steps_happen_whole_or_not(url: str, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    history = _history(url)
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", migrations.MIGRATIONS[:1])
        history.add(make_row())

    def fails(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE runs ADD COLUMN x TEXT"))
        connection.execute(sa.text("SELECT nonsense"))

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*migrations.MIGRATIONS, fails))
        with pytest.raises(HistoryError, match="nonsense"):
            history.add(make_row())
    assert history.count() == 1  # reading migrates what is of an earlier version
    with sa.create_engine(url).connect() as connection:
        assert connection.execute(sa.text("SELECT version FROM history_version")).scalar() == 2
        connection.execute(sa.text("UPDATE history_version SET version = 9"))
        connection.commit()
    with pytest.raises(HistoryError, match="version 9, written by a newer program"):
        history.add(make_row())


def test_what_it_refuses_is_told(url: str, make_row: MakeRow) -> None:
    history = _history(url)
    history.add(make_row())
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with sa.create_engine(url).begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(database.LOCK)))
            held.set()
            go.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)
    began = time.monotonic()
    with pytest.raises(HistoryError, match="is locked by another program"):
        history.add(make_row())
    assert time.monotonic() - began < 30 and history.count() == 1, "reading goes on"
    go.set()
    holder.join()
    name = sa.make_url(url).database
    with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    with pytest.raises(HistoryError, match="is read-only"):
        history.add(make_row())


def test_a_password_is_never_told(
    url: str,
    make_row: MakeRow,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    command = surroundings(tmp_path, ["hil", "run", "--history", url, f"--history={url}"]).command
    _history(url).add(make_row(command=command), Details())
    _history(url).add(make_row(command=command), Details())
    page = tmp_path / "history.html"
    assert main(["history", "--history", url, "--no-changes"]) == 0
    assert main(["history", "page", "--history", url, "--out", str(page), "--no-changes"]) == 0
    assert main(["history", "show", "1", "--history", url]) == 0
    assert main(["history", "compare", "1", "2", "--history", url]) == 0
    parts = sa.make_url(url)
    wrong = {
        "no such database": parts.set(database="none"),
        "no such user": parts.set(username="nobody"),
        "no server": parts.set(port=1),
        "another driver": parts.set(drivername="postgresql+nosuch"),
        "an option that is none": parts.update_query_dict({"nonsense": "1"}),
    }
    for what, each in wrong.items():
        text = each.render_as_string(hide_password=False)
        assert main(["history", "--history", text]) == 2, what
        monkeypatch.setenv("HIL_HISTORY", text)
        assert main(["history", "show", "1"]) == 2, what
    said = capfd.readouterr()
    for text in (said.out, said.err, page.read_text(encoding="utf-8")):
        assert text and PASSWORD not in text and "geheim" not in text
    assert "team:***@127.0.0.1" in said.err
