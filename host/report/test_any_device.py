"""Whatever a device sends, a run ends in a verdict and in reports that can be written."""

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console

from ..bundle.load import Bundle
from ..comparison.diagnosis import message_findings
from ..comparison.expected import Expected
from ..comparison.fakes import FakeInterpreter
from ..comparison.file import FileComparison
from ..errors import HilError
from ..link import messages as m
from ..link.codec import Payload
from .conftest import MakeRun
from .html import render_html
from .json_report import report_values
from .table import print_tables

U32 = st.one_of(st.integers(0, 70), st.integers(0, 2**32 - 1))
BANDS, OUTPUTS = 64, 10  # of the bundle in use
CELLS = st.integers(0, 40).map(lambda count: bytes(count * BANDS)) | st.binary(max_size=200)


def _window(index: int, first: int | None, ns: int, outputs: bytes) -> m.WindowResult:
    right = (index * 7) % 2**32
    return m.WindowResult(index, right if first is None else first, ns, ns, ns, ns, 7, 5, 1, outputs)


RESULTS: st.SearchStrategy[Payload] = st.one_of(
    st.builds(m.Features, first_column=U32, cells=CELLS),
    st.builds(
        _window,
        U32,
        st.none() | U32,
        U32,
        st.binary(min_size=OUTPUTS, max_size=OUTPUTS) | st.binary(max_size=20),
    ),
    st.builds(
        m.Detection,
        label=st.integers(0, 255),
        active=st.integers(0, 1),
        window=U32,
        score=st.integers(-128, 127),
    ),
    st.builds(m.StreamDone, stream=st.just(0), samples=U32, columns=U32, windows=U32, detections=U32),
)


@pytest.fixture(autouse=True)
def _no_code_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gives each example's messages is of no interest here, and takes seconds."""

    def nothing(_: Bundle) -> None:
        raise HilError("no changes of the code", "none is needed")

    monkeypatch.setattr(message_findings, "session_of", nothing)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(results=st.lists(RESULTS, max_size=12), before=st.integers(0, 12))
def test_reports_can_always_be_written(
    bundle: Bundle, samples: NDArray[Any], make_run: MakeRun, results: list[Payload], before: int
) -> None:
    audio: NDArray[np.int16] = samples[:40_000]
    file = FileComparison("a.wav", bundle)
    for result in results[:before]:
        file.add_device(result)
    file.add_host(Expected(bundle, FakeInterpreter(bundle)).push(audio), len(audio))
    file.end_audio()
    for result in results[before:]:
        file.add_device(result)
    run = make_run(file)
    assert run.verdict == "fail"  # so little was sent that something is missing
    assert run.reasons
    assert json.loads(json.dumps(report_values(run)))["files"][0]["agreed"] is False
    print_tables(run, Console(file=io.StringIO(), width=100))
    assert render_html(run).endswith("</html>")
