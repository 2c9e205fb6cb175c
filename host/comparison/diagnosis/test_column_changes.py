"""Which changes of the data path are told of columns, by a session that says what a test wants; nothing is compiled."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from . import changed_columns as module
from . import data_path
from .changed_columns import changed_columns
from .evidence import Before
from .fakes_views import cells, piece_of, view_of
from .search import Candidate, View


@dataclass
class FakeSession:
    """Tells columns of each change, cut out of those that a whole stream would have.

    Attributes:
        columns: by change; int8 [n, bands], from column 0 on; None: nothing comes.
        hop: samples of a column, of which a first one has as many.
        lost: so many times as many samples are needed for a column.
        piece: columns of a message.
        skipped: the number that columns of messages behind the first are told with, too many.
        streams: that were given.
        there: as `columns`, of changes that are made from some column on.
        asked: changes, of which columns were asked for.
    """

    columns: list[Any]
    hop: int
    lost: int = 1
    piece: int = 4
    skipped: int = 0
    streams: list[Any] = field(default_factory=list)
    there: list[Any] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [Alteration("a.c", number, "x", "y") for number in range(len(self.columns))]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: tuple[int, int], streams: Any) -> bytes | None:
        """Columns in messages: number of the first, and the columns."""
        told = self._tells(change, streams)
        return None if told is None else pickle.dumps(told)

    def _tells(self, change: tuple[int, int], streams: Any) -> Any:
        self.streams.append(streams)
        self.asked.append(change)
        every = ((change[1] and self.there) or self.columns)[change[0]]
        last = streams[-1]
        if every is None:
            return None
        mine = every[last.column :][: len(last.samples) // self.hop // self.lost]
        return [
            (last.column + at + (self.skipped if at else 0), mine[at : at + self.piece])
            for at in range(0, len(mine), self.piece)
        ]

    def differing(self, changes: Sequence[tuple[int, int]], streams: Any) -> dict[tuple[int, int], Any]:
        """Of all of which something comes."""
        every = {change: self.records(change, streams) for change in changes}
        return {change: told for change, told in every.items() if told is not None}

    def told(self, records: bytes) -> SimpleNamespace:
        """As they are."""
        return SimpleNamespace(columns=pickle.loads(records))


BANDS, HOP, FRAMES, COLUMNS = 16, 8, 5, 60


@pytest.fixture
def small() -> Any:
    """A bundle of five frames; a column is a hop of samples."""
    settings = SimpleNamespace(hop=HOP, samples_for=lambda n: n * HOP, columns=lambda n: n // HOP)
    return SimpleNamespace(settings=settings, frames=FRAMES, model=SimpleNamespace(values=2))


def view(first_wrong: int, first: int = 0, samples: int = COLUMNS, rows: int = COLUMNS) -> View:
    expected = cells(COLUMNS, BANDS)[:rows]
    device = expected.copy()
    device[first_wrong:] ^= 1
    sound = np.arange(samples * HOP, dtype=np.int16)
    return view_of(expected, device, first=first, samples=sound)


def told(
    monkeypatch: pytest.MonkeyPatch, small: Bundle, session: FakeSession, *views: View, inference: bool = True
) -> list[Candidate]:
    monkeypatch.setattr(module, "session_of", lambda _: session)
    return list(changed_columns(small, inference)(list(views)))


@pytest.mark.parametrize(
    ("first_wrong", "begin", "end"),
    [(0, 0, 12), (14, 0, 26), (15, 13, 27), (40, 38, 52), (55, 53, 60)],
)
def test_changes_are_tried_where_columns_are_wrong_first(
    monkeypatch: pytest.MonkeyPatch, small: Bundle, first_wrong: int, begin: int, end: int
) -> None:
    """From the beginning where that is near, else two before the first wrong one; 16 more are heard, if there are."""
    wrong = view(first_wrong)
    session = FakeSession([wrong.device, wrong.expected, None], HOP)
    (found,) = told(monkeypatch, small, session, wrong)
    assert found.cause == "a.c line 0" and found.family == "code"
    stream = session.streams[0][-1]
    assert (stream.column, len(stream.samples)) == (begin, (min(end + 16, COLUMNS) - begin) * HOP)
    assert stream.samples[0] == begin * HOP and stream.raw.shape == (1, 2) and not stream.deaf
    replayed = found.replay(wrong)
    assert replayed is not None and np.array_equal(replayed, wrong.device)
    assert len(session.streams[-1][-1].samples) == COLUMNS * HOP


def test_the_third_wrong_column_is_among_those_that_are_tried(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(60)
    wrong.device[[2, 20, 30]] ^= 1
    session = FakeSession([wrong.device], HOP)
    assert told(monkeypatch, small, session, wrong)
    assert len(session.streams[0][-1].samples) == (31 + 16) * HOP


@pytest.mark.parametrize(
    ("rows", "in_each", "tried"), [(3, 2, True), (2, 16, False), (5, 1, False), (6, 1, True)]
)
def test_little_that_is_wrong_is_given_by_chance(
    monkeypatch: pytest.MonkeyPatch, small: Bundle, rows: int, in_each: int, tried: bool
) -> None:
    wrong = view(60)
    wrong.device[10 : 10 + rows, :in_each] ^= 1
    session = FakeSession([wrong.device], HOP)
    assert bool(told(monkeypatch, small, session, wrong)) == tried == bool(session.streams)


def test_behind_the_end_of_the_file_before_where_the_ring_begins_anew(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(0)
    earlier = piece_of(
        wrong.expected, wrong.expected, samples=np.arange(COLUMNS * HOP, dtype=np.int16), first=7
    )
    wrong = replace(wrong, file=replace(wrong.file, before=Before("b.wav", 1, earlier, None)))
    session = FakeSession([wrong.device], HOP)
    assert told(monkeypatch, small, session, wrong, inference=False)
    before, _ = session.streams[0]
    assert before.column == 0 and before.raw is None
    assert before.samples[0] // HOP == 48, (
        "column 55, the last but one that begins a ring of five with ten behind it"
    )
    later = replace(
        wrong, first=20, file=replace(wrong.file, piece=replace(wrong.file.piece, first_column=20))
    )
    session = FakeSession([np.concatenate([wrong.expected[:20], wrong.device])], HOP)
    told(monkeypatch, small, session, later)
    assert len(session.streams[0]) == 1 and session.streams[0][0].column == 20


def test_where_samples_are_lost_more_of_them_are_given(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(0, rows=15)  # of 60
    session = FakeSession([wrong.device], HOP, lost=4)
    (found,) = told(monkeypatch, small, session, wrong)
    assert len(session.streams[0][-1].samples) == COLUMNS * HOP
    replayed = found.replay(wrong)
    assert replayed is not None and np.array_equal(replayed, wrong.device)
    session = FakeSession([view(0, rows=55).device], HOP)
    told(monkeypatch, small, session, view(0, rows=55))
    assert len(session.streams[0][-1].samples) == (12 + 16) * HOP, "five may be what the end has not sent"


def test_columns_in_wrong_order_are_none(monkeypatch: pytest.MonkeyPatch, small: Bundle) -> None:
    wrong = view(0)
    assert told(monkeypatch, small, FakeSession([wrong.device], HOP, skipped=1), wrong) == []
    assert told(monkeypatch, small, FakeSession([wrong.device], HOP, piece=7), wrong)
    assert told(monkeypatch, small, FakeSession([wrong.device[:0]], HOP), wrong) == []
    (found,) = told(monkeypatch, small, session := FakeSession([wrong.device], HOP), wrong)
    session.columns = [None]
    assert found.replay(wrong) is None
    session.columns = [wrong.device[:50]]
    replayed = found.replay(wrong)
    assert replayed is not None and np.array_equal(replayed[50:], wrong.expected[50:]), (
        "what did not come is right"
    )


def test_what_is_left_of_before_a_piece_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(0, first=10)
    wrong = replace(wrong, file=replace(wrong.file, piece=replace(wrong.file.piece, first_column=10)))
    other = np.concatenate([wrong.expected[:10], wrong.device])
    other[10] ^= 3
    assert told(monkeypatch, small, FakeSession([other], HOP), wrong)
    other[11] ^= 3
    assert not told(monkeypatch, small, FakeSession([other], HOP), wrong)


def test_the_first_column_is_asked_for_where_all_before_it_is_known(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(0)
    other = wrong.device.copy()
    other[0] ^= 3
    assert not told(monkeypatch, small, FakeSession([other], HOP), wrong)
    late = view(20, first=10)  # tried from two columns before the first wrong one on
    late = replace(late, file=replace(late.file, piece=replace(late.file.piece, first_column=10)))
    other = np.concatenate([late.expected[:10], late.device])
    assert told(monkeypatch, small, FakeSession([other], HOP), late)
    other[28] ^= 3
    assert not told(monkeypatch, small, FakeSession([other], HOP), late)


def test_how_many_samples_more_are_given(monkeypatch: pytest.MonkeyPatch, small: Bundle) -> None:
    wrong = view(0, samples=200)
    session = FakeSession([wrong.device], HOP, lost=3)
    told(monkeypatch, small, session, wrong)
    assert len(session.streams[0][-1].samples) == (12 + 16) * 5 * HOP


def from_there(session: FakeSession) -> list[tuple[tuple[int, int], int, int]]:
    """Changes that were tried from some column on, with the column and the samples that they were tried on."""
    return [
        (change, streams[-1].column, len(streams[-1].samples))
        for change, streams in zip(session.asked, session.streams, strict=True)
        if change[1]
    ]


@pytest.mark.parametrize(
    ("first_wrong", "begin", "end"), [(15, 8, 43), (14, None, 0), (40, 33, 60), (55, 48, 60)]
)
def test_changes_are_made_from_the_first_wrong_column_on_where_none_is_made_always(
    monkeypatch: pytest.MonkeyPatch, small: Bundle, first_wrong: int, begin: int | None, end: int
) -> None:
    """With all of the ring before it, of which something may be sent."""
    wrong = view(first_wrong)
    other = cells(COLUMNS, BANDS, seed=5)
    session = FakeSession([other, other], HOP, there=[wrong.expected, wrong.device])
    found = told(monkeypatch, small, session, wrong)
    if begin is None:
        assert not found and not from_there(session)
        return
    [candidate] = found
    assert from_there(session) == [((n, first_wrong), begin, (end - begin) * HOP) for n in (0, 1)]
    assert candidate.cause == "a.c line 1"
    assert f"from column {first_wrong} on" in candidate.explanation
    replayed = candidate.replay(wrong)
    assert replayed is not None and np.array_equal(replayed, wrong.device)
    assert session.asked[-1] == (1, first_wrong)
    early = view(14)
    session.columns = [other, early.device]
    replayed = candidate.replay(early)
    assert replayed is not None and np.array_equal(replayed, early.device)
    assert session.asked[-1] == (1, 0), "a file that shows it near its beginning shows it from there"


def test_what_is_made_always_need_not_be_made_from_somewhere_on(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    wrong = view(40)
    session = FakeSession([wrong.device], HOP, there=[wrong.device])
    [found] = told(monkeypatch, small, session, wrong)
    assert not from_there(session) and " from column " not in found.explanation


def test_columns_are_counted_from_the_streams_beginning_on(
    monkeypatch: pytest.MonkeyPatch, small: Bundle
) -> None:
    late = view(20, first=10)
    late = replace(late, file=replace(late.file, piece=replace(late.file.piece, first_column=10)))
    device = np.concatenate([late.expected[:10], late.device])
    session = FakeSession([cells(COLUMNS + 10, BANDS, seed=5)], HOP, there=[device])
    assert told(monkeypatch, small, session, late)
    assert from_there(session) == [((0, 30), 23, (19 + 16) * HOP)]


@pytest.mark.parametrize(
    ("first_wrong", "first", "column"), [(14, 0, 0), (15, 0, 7), (60, 0, 0), (4, 10, 0), (5, 10, 7)]
)
def test_in_which_files_a_change_is_made_from_the_beginning(
    first_wrong: int, first: int, column: int
) -> None:
    assert data_path.made_in((3, 7), view(first_wrong, first), 15) == (3, column)


def test_one_process_a_bundle_and_another_one_when_it_has_ended(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    made: list[Any] = []

    class Process:
        def __init__(self, of: Bundle, in_message: int) -> None:
            self.runs = True
            made.append((of, in_message, self))

    monkeypatch.setattr(data_path, "AlteredSession", Process)
    data_path._running.cache_clear()
    try:
        first = data_path.session_of(bundle)
        assert data_path.session_of(replace(bundle)) is first and made == [(bundle, 512, first)]
        others = [data_path.session_of(replace(bundle, name=name)) for name in ("deployed", "another")]
        assert first not in others and data_path.session_of(bundle) is first, "beside two that were deployed"
        data_path.session_of(replace(bundle, name="a third"))
        assert data_path.session_of(replace(bundle, name="deployed")) is not others[0], "it was given up"
        first.runs = False  # type: ignore[misc]
        assert data_path.session_of(bundle) is not first and len(made) == 6
        assert data_path.session_of(bundle) is made[-1][2]
    finally:
        data_path._running.cache_clear()
