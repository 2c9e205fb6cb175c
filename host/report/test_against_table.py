"""Two traces side by side in the terminal."""

import io
from typing import Any

from ..terminal import Terminal
from .against_table import print_against


def _tensor(op: int, crc32: int, equal: bool | None = True, **more: Any) -> dict[str, Any]:
    return {"subgraph": 0, "op": op, "type": "CONV_2D", "role": 0, "crc32": crc32, "equal": equal, **more}


def _trace(*tensors: dict[str, Any], window: int = 3) -> dict[str, Any]:
    return {"window": window, "tensors": list(tensors)}


def _table(here: dict[str, Any], there: dict[str, Any], width: int = 100) -> list[list[str]]:
    file = io.StringIO()
    print_against(here, there, Terminal(file=file, width=width, color_system=None))
    return [line.split() for line in file.getvalue().splitlines()]


EQUAL = _trace(_tensor(0, 10), _tensor(1, 11), _tensor(2, 12))


def test_both_lie_side_by_side() -> None:
    here = _trace(
        _tensor(0, 10, ns=1500, address_modulo_16=0),
        _tensor(1, 11, ns=2_000_000, address_modulo_16=8),
        _tensor(4, 12),
    )
    there = _trace(
        _tensor(0, 10, ns=9_000, address_modulo_16=4), _tensor(1, 99, False, different=1234), _tensor(2, 5)
    )
    lines = _table(here, there)
    assert lines[-2] == ["0", "CONV_2D", "0", "0", "yes", "1.500", "9.000", "0", "4"]
    assert lines[-1] == ["1", "CONV_2D", "0", "1,234", "no", "2,000", "8"]
    assert len(lines) == 5  # a title, two lines of headings, and the two tensors that both have


def test_what_a_file_may_hold_breaks_nothing() -> None:
    odd = _trace(_tensor(0, 10, None, ns="[red]", address_modulo_16=True, different=[1]), window=3)
    odd["tensors"] += [None, {"op": 1}, {"subgraph": "0", "op": 1, "role": 0}]
    assert _table(EQUAL, odd)[-1] == ["0", "CONV_2D", "0", "–", "yes"]
    assert _table(EQUAL, _trace()) == []
