"""The database: what goes in comes out, versions follow each other, and what it refuses is told."""

import multiprocessing
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from . import database, migrations, plain_sqlite
from .conftest import MakeRow
from .database import History
from .location import history_url
from .row import Details, FileRow, HistoryError, RunRow
from .tables import tables

FIRST = Path(__file__).resolve().parents[1] / "testdata" / "written_before" / "history-1.sql"


def test_a_row_comes_back_as_it_was(history: History, make_row: MakeRow) -> None:
    row = make_row(dirty=True, exit_code=1, verdict="fail", reasons=("one", "zwei – ‘drei’"))
    details = Details(("bird",), {"a.wav": FileRow("ab", 3, 1.0, 0.25, "cd", "", b"\0\xff")}, {"0 CONV": 1.5})
    number = history.add(row, details)
    assert history.run(number) == row
    assert history.details(number) == details
    assert history.last(10) == [(number, row)]


def test_both_ways_of_writing_give_the_same_row(history: History, make_row: MakeRow, tmp_path: Path) -> None:
    row = make_row(
        reasons=("one", "zwei – ‘drei’ \0"), dirty=True, figures={"total.p50": 1e300}, built_with={}
    )
    details = Details(("bird",), {"a.wav": FileRow("ab", 3, 1.0, 0.25, "cd", "", b"\0\xff")}, {})
    history.add(row, details)  # makes the tables
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        names = [column[1] for column in connection.execute("PRAGMA table_info(runs)")][1:]
        connection.execute("UPDATE history_version SET version = 0")
    assert plain_sqlite.add_row(tmp_path / "history.sqlite", len(migrations.MIGRATIONS), 1.0, {}, b"") is None
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.execute("UPDATE history_version SET version = ?", (len(migrations.MIGRATIONS),))
    assert history.add(row, details) == 2
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        both = ", ".join(f'"{name}", typeof("{name}")' for name in names)
        first, second = connection.execute(f"SELECT {both} FROM runs").fetchall()
        kept = connection.execute("SELECT run, data, typeof(data) FROM details").fetchall()
    assert first == second
    assert kept[0][1:] == kept[1][1:] and [number for number, *_ in kept] == [1, 2]


def test_a_later_run_is_written_without_sqlalchemy(
    history: History, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bool] = []
    monkeypatch.setattr(database, "load_meanwhile", lambda: loaded.append(True))
    history.load_meanwhile()
    history.add(make_row())
    assert loaded == [True]
    again = History(history._url)
    monkeypatch.setattr(database, "sa", None)
    again.load_meanwhile()
    assert again.add(make_row()) == 2 and loaded == [True]


def test_the_newest_come_first_and_filters_hold(history: History, make_row: MakeRow) -> None:
    rows = [make_row(board=board) for board in ("virtual", "qemu", "virtual")]
    numbers = [history.add(row) for row in rows]
    assert [number for number, _ in history.last(2)] == numbers[:0:-1]
    assert history.last(5, {"board": "virtual"}, before=numbers[2]) == [(numbers[0], rows[0])]
    assert history.count() == 3 and history.details(numbers[0]) is None


def test_where_nothing_was_remembered_there_is_nothing(history: History, tmp_path: Path) -> None:
    assert history.last(5) == [] and history.count() == 0
    assert not list(tmp_path.iterdir()), "looking makes no file"
    with pytest.raises(HistoryError, match="no run 7"):
        history.run(7)


def test_migrations_give_what_the_tables_say(history: History, make_row: MakeRow, tmp_path: Path) -> None:
    history.add(make_row())
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'history.sqlite'}")
    found = sa.MetaData()
    found.reflect(engine)
    assert set(found.tables) == set(tables().metadata.tables)
    for name, table in tables().metadata.tables.items():
        there = {(c.name, c.type.compile(engine.dialect), c.nullable) for c in found.tables[name].columns}
        assert there == {(c.name, c.type.compile(engine.dialect), c.nullable) for c in table.columns}, name


def test_a_history_of_the_first_version_is_read_and_written(
    history: History, make_row: MakeRow, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "history.sqlite") as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))
    ((number, row),) = history.last(5)
    assert (number, row.bundle, row.figures["total.p50"]) == (1, "birds", 1500.0)
    assert history.add(make_row()) == 2
    assert history.run(1) == row and history.details(1) is not None


def test_each_step_is_made_once_and_in_order(
    history: History, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.add(make_row())
    done: list[str] = []

    def step(name: str) -> object:
        def take(connection: sa.Connection) -> None:
            done.append(name)
            connection.execute(sa.text(f"ALTER TABLE runs ADD COLUMN {name} TEXT NOT NULL DEFAULT ''"))

        return take

    monkeypatch.setattr(database, "MIGRATIONS", (*migrations.MIGRATIONS, step("x"), step("y")))
    assert history.count() == 1 and history.count() == 1  # reading migrates too
    history.add(make_row())
    assert done == ["x", "y"]
    monkeypatch.setattr(database, "MIGRATIONS", migrations.MIGRATIONS)
    with pytest.raises(HistoryError, match="version 4, written by a newer program; this one knows 2"):
        history.add(make_row())
    with pytest.raises(HistoryError, match="newer program"):
        history.last(1)


def test_a_step_that_fails_leaves_the_old_version(
    history: History, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.add(make_row())

    def fails(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE runs ADD COLUMN x TEXT"))
        connection.execute(sa.text("SELECT nonsense"))

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*migrations.MIGRATIONS, fails))
        with pytest.raises(HistoryError):
            history.add(make_row())
    assert history.add(make_row()) == 2


def test_a_locked_history_is_told(history: History, make_row: MakeRow, tmp_path: Path) -> None:
    history.add(make_row())
    with sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="locked by another program"):
            history.add(make_row())
        assert history.count() == 1, "reading goes on"


def test_a_read_only_history_is_told_and_read(history: History, make_row: MakeRow, tmp_path: Path) -> None:
    history.add(make_row())
    url = sa.make_url(f"sqlite:///file:{tmp_path / 'history.sqlite'}?mode=ro&uri=true")
    with pytest.raises(HistoryError, match="read-only"):
        History(url).add(make_row())


def test_a_full_history_is_told(history: History, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    history.add(make_row())
    connect = sqlite3.connect

    def little(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **more)
        connection.execute("PRAGMA max_page_count = 12")
        return connection

    monkeypatch.setattr(sqlite3, "connect", little)
    url = history_url(history.name)
    assert url is not None
    with pytest.raises(HistoryError, match="the disk is full"):
        History(url).add(make_row(reasons=("x" * 99_000,)))
    assert history.count() == 1


@pytest.mark.parametrize("content", [b"no database at all, but a text of some length" * 20, b"\0" * 4096])
def test_a_file_that_is_no_database(
    history: History, make_row: MakeRow, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "history.sqlite").write_bytes(content)
    with pytest.raises(HistoryError, match="damaged"):
        history.add(make_row())
    assert (tmp_path / "history.sqlite").read_bytes() == content


def test_a_row_of_other_types_is_told(history: History, make_row: MakeRow, tmp_path: Path) -> None:
    history.add(make_row())
    with sqlite3.connect(tmp_path / "history.sqlite") as other:
        other.execute('UPDATE runs SET figures = \'{"arena": "big"}\'')
    with pytest.raises(HistoryError, match=r"run 1 of the history is damaged.*figures"):
        history.run(1)


def test_a_folder_that_is_a_file(tmp_path: Path, make_row: MakeRow) -> None:
    (tmp_path / "x").write_text("")
    url = history_url(str(tmp_path / "x" / "history.sqlite"))
    assert url is not None
    with pytest.raises(HistoryError, match="cannot be opened"):
        History(url).add(make_row())


def _write(place: str, row: RunRow, count: int) -> list[int]:
    url = history_url(place)
    assert url is not None
    return [History(url).add(row) for _ in range(count)]


def test_many_write_at_once(history: History, make_row: MakeRow) -> None:
    """From the first word on: the schema too is made once."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(4, context) as pool:
        done = [pool.submit(_write, history.name, make_row(), 5) for _ in range(4)]
        numbers = [number for each in done for number in each.result()]
    assert sorted(numbers) == list(range(1, 21))


@pytest.mark.parametrize(
    "names", [(), ("board",), ("bundle",), ("board", "bundle"), ("bundle", "board", "host", "source")]
)
def test_the_newest_runs_are_found_without_reading_others(
    history: History, make_row: MakeRow, tmp_path: Path, names: tuple[str, ...]
) -> None:
    history.add(make_row())
    where = " AND ".join(f"{name} = 'x'" for name in names) or "1"
    with sqlite3.connect(tmp_path / "history.sqlite") as other:
        query = f"EXPLAIN QUERY PLAN SELECT * FROM runs WHERE {where} ORDER BY id DESC LIMIT 20"
        plan = [row[3] for row in other.execute(query)]
    assert len(plan) == 1 and (not names or plan[0].startswith("SEARCH runs USING INDEX")), plan


@pytest.mark.slow
def test_a_hundred_thousand_runs_answer_in_a_second(
    history: History, make_row: MakeRow, tmp_path: Path
) -> None:
    history.add(make_row(board="qemu"))
    history.add(make_row())
    with sqlite3.connect(tmp_path / "history.sqlite") as other:
        names = [row[1] for row in other.execute("PRAGMA table_info(runs)") if row[1] != "id"]
        quoted = ", ".join(f'"{name}"' for name in names)
        other.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            f"INSERT INTO runs ({quoted}) SELECT {quoted} FROM runs, n WHERE id = 2"
        )
    for filters in ({}, {"board": "qemu"}, {"board": "virtual", "bundle": "birds"}, {"board": "none"}):
        began = time.process_time()
        found = history.last(20, filters)
        assert time.process_time() - began < 0.5, filters
        assert len(found) == {"qemu": 1, "none": 0}.get(filters.get("board", ""), 20)


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "empty"), (" ", "empty"), ("://x", "no database URL"), ("sqlite://", "names no file")],
)
def test_urls_that_name_nothing(given: str, said: str) -> None:
    with pytest.raises(HistoryError, match=said):
        history_url(given)


def test_option_variable_file_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_HISTORY", "off")
    assert history_url(None) is None
    assert history_url(None, "sqlite:///c") is None
    given = history_url("postgresql+psycopg://me:secret@h/db")
    assert given is not None and "secret" not in database.shown_url(given)
    monkeypatch.delenv("HIL_HISTORY")
    configured, default = history_url(None, "from-file.sqlite"), history_url(None)
    assert configured == Path("from-file.sqlite")
    assert default is not None and str(default).endswith("history.sqlite")


def test_a_driver_that_is_not_there() -> None:
    url = history_url("mysql+nosuch://h/db")
    assert url is not None
    with pytest.raises(HistoryError, match="driver"):
        History(url)
