"""The same sound gives the same bytes at every stage of every kind of front end, now and in earlier firmware."""

import json
import sys

import pytest

from .front_end_bytes import FILE, SHAPES, checksums

pytestmark = pytest.mark.native

STORED = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_shape_is_stored() -> None:
    assert list(STORED) == list(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_each_stage_gives_the_bytes_that_it_always_gave(name: str) -> None:
    """The first stage that differs is the changed one: each is computed from the one before."""
    found_of = checksums(*SHAPES[name])
    if sys.maxsize < 2**32:
        del found_of["memory"]
    for stage, found in found_of.items():
        assert found == STORED[name][stage], (
            f"{stage} is no longer what boards compute that were flashed before"
        )
