"""Two traces side by side: what is the same, where they part first, and which of the two is right there."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..errors import HilError
from .against import compare_traces, read_trace


def _tensor(op: int, crc32: int, equal: bool | None = True, **more: Any) -> dict[str, Any]:
    return {"subgraph": 0, "op": op, "type": "CONV_2D", "role": 0, "crc32": crc32, "equal": equal, **more}


def _trace(*tensors: dict[str, Any], window: int = 3) -> dict[str, Any]:
    return {"window": window, "tensors": list(tensors)}


EQUAL = _trace(_tensor(0, 10), _tensor(1, 11), _tensor(2, 12))


def test_all_the_same() -> None:
    assert compare_traces(EQUAL, EQUAL) == ([], "all 3 tensors are the same in both traces")


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (True, False, "here it equals the host's, there it does not"),
        (False, True, "there it equals the host's, here it does not"),
        (True, True, "each equals its own host's: the inputs differ"),
        (False, False, "neither equals the host's"),
    ],
)
def test_where_they_part_first(here: bool, there: bool, said: str) -> None:
    ours = _trace(_tensor(0, 10), _tensor(1, 20, here), _tensor(2, 21, here))
    theirs = _trace(_tensor(0, 10), _tensor(1, 30, there), _tensor(2, 31, there))
    apart, sentence = compare_traces(ours, theirs)
    assert [each.op for each in apart] == [1, 2]
    assert sentence == f"the two traces part at op 1, CONV_2D: {said}; 2 of 3 tensors differ between them"


def test_what_is_not_of_the_same_window_or_model_is_said() -> None:
    _, sentence = compare_traces(EQUAL, _trace(*EQUAL["tensors"], window=7))
    assert sentence.endswith("; the other trace is of window 7, this one of window 3")
    _, sentence = compare_traces(EQUAL, _trace(*EQUAL["tensors"], _tensor(9, 1)))
    assert sentence.endswith("; 1 tensors are in one of them alone")
    assert compare_traces(EQUAL, _trace(_tensor(7, 1)))[1].startswith(
        "the two traces have no tensor in common"
    )


def test_a_trace_is_read_of_both_kinds_of_file(tmp_path: Path) -> None:
    alone, report, none = (tmp_path / name for name in ("trace.json", "report.json", "none.json"))
    alone.write_text(json.dumps(EQUAL))
    report.write_text(json.dumps({"traces": [{"column": {}}, {"window": EQUAL}, {"window": _trace()}]}))
    none.write_text(json.dumps({"traces": [{"column": {}}]}))
    assert read_trace(alone) == read_trace(report) == EQUAL
    with pytest.raises(HilError, match="holds no trace of a window"):
        read_trace(none)
