"""Looking at a file in places, and showing pieces of it as a file: both like the bytes themselves."""

import os
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mapped import WINDOW, mapped
from .view import Piece, View

SIZE = 3 * WINDOW + 777
BODY = np.random.default_rng(3).integers(0, 256, SIZE).astype(np.uint8).tobytes()
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES = st.integers(-5, SIZE + 50)


@given(st.lists(st.tuples(PLACES, st.integers(0, WINDOW)), max_size=8), st.data())
@SLOW
def test_slices_and_searches_are_those_of_bytes(
    tmp_path: Path, places: list[tuple[int, int]], data: st.DataObject
) -> None:
    path = tmp_path / "a"
    if not path.exists():
        path.write_bytes(BODY)
    with mapped(path) as file:
        assert len(file) == SIZE
        for place, length in places:
            start = max(0, place)
            assert file[start : start + length] == BODY[start : start + length]
            what = data.draw(
                st.sampled_from([BODY[start : start + 4], BODY[start : start + 1], b"none such"])
            )
            if what:
                end = data.draw(st.one_of(st.none(), PLACES.filter(lambda value: value >= 0)))
                begin = max(0, start - length)
                assert file.find(what, begin, end) == BODY.find(what, begin, end)
                assert file.rfind(what, begin, end) == BODY.rfind(what, begin, end)


def test_a_file_that_becomes_shorter_ends_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    with mapped(tmp_path / "a") as file:
        os.truncate(tmp_path / "a", 1000)
        assert file[500:2000] == BODY[500:1000]
        assert file[SIZE - 10 : SIZE] == b""
        assert file.find(b"none such") == -1


@given(
    st.binary(max_size=50),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 100)), max_size=6),
    st.data(),
)
@SLOW
def test_a_view_is_its_pieces(
    tmp_path: Path, head: bytes, slices: list[tuple[int, int]], data: st.DataObject
) -> None:
    (tmp_path / "a").write_bytes(BODY[:1000])
    piece = Piece(head)
    whole = head
    for start, length in slices:
        piece.add(start, start + length)
        whole += BODY[start : start + length]
    assert len(piece) == len(whole)
    with View(tmp_path / "a", piece) as view:
        assert view.read() == whole
        for _ in range(5):
            place = data.draw(st.integers(-10, len(whole) + 10))
            assert view.seek(place) == min(max(place, 0), len(whole))
            at = view.tell()
            count = data.draw(st.integers(0, 200))
            assert view.read(count) == whole[at : at + count]
        assert view.seek(-1, os.SEEK_END) == max(0, len(whole) - 1)
        assert view.error is None
