"""What a run tells its listeners, whatever happens in it; with no board, so that it takes no time."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from ..bundle.load import Bundle
from ..errors import HilError
from . import events as e
from . import run as running
from .file import FileComparison
from .run import Run, open_sources
from .wishes import Wishes


def _told(bundle: Bundle, monkeypatch: pytest.MonkeyPatch, outcome: BaseException | None) -> list[e.Event]:
    told: list[e.Event] = []
    run = Run([Path("a.wav")], cast(Any, SimpleNamespace(kind="virtual")), bundle)

    def streamed() -> None:
        assert [type(event) for event in told] == [e.RunStarted]
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(run, "_stream_all", streamed)
    run.subscribe(told.append)
    if outcome is None:
        assert run.execute() is cast(e.RunStarted, told[0]).result
    else:
        with pytest.raises(type(outcome)):
            run.execute()
    return told


@pytest.mark.parametrize(
    ("outcome", "failures"),
    [
        (None, []),
        (HilError("the line was cut", "mend it"), ["the line was cut"]),
        (KeyboardInterrupt(), ["interrupted"]),
        (ZeroDivisionError("by 0"), ["a fault of this program: ZeroDivisionError: by 0"]),
    ],
    ids=["well", "broken off", "interrupted", "a fault"],
)
def test_beginning_and_end_are_told(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, outcome: BaseException | None, failures: list[str]
) -> None:
    told = _told(bundle, monkeypatch, outcome)
    assert [type(event) for event in told] == [e.RunStarted, e.RunEnded]
    result = cast(e.RunEnded, told[-1]).result
    assert result is cast(e.RunStarted, told[0]).result
    assert result.failures == failures and 0 <= result.seconds["total"] < 60
    assert result.interrupted == isinstance(outcome, KeyboardInterrupt)


def test_a_step_is_told_and_timed_whether_it_succeeds_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 103.0, 200.0, 204.0])
    monkeypatch.setattr(e, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    told: list[e.Event] = []
    seconds: dict[str, float] = {}
    with e.step("connect", told.append, seconds):
        assert told == [e.StepStarted("connect")]
    with pytest.raises(HilError), e.step("stream", told.append, seconds):
        raise HilError("the line was cut", "mend it")
    assert told[1:] == [e.StepEnded("connect", 3.0), e.StepStarted("stream"), e.StepEnded("stream", 4.0)]
    assert seconds == {"connect": 3.0, "stream": 4.0}


def test_a_finished_file_is_told_and_its_clipping_is_the_runs(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[e.Event] = []
    run = Run([], cast(Any, SimpleNamespace(kind="virtual")), bundle, listeners=[told.append])
    file = FileComparison("loud.wav", bundle)
    file.clipping.add(np.full((4, bundle.settings.bands), 500))
    monkeypatch.setattr(run, "_stream_all", lambda: run._take(file))
    result = run.execute()
    assert [type(event) for event in told] == [e.RunStarted, e.FileDone, e.RunEnded]
    assert cast(e.FileDone, told[1]).file is file and result.files == [file]
    assert file.clipping.cells == 0, "thousands of files keep none"
    assert any(note.startswith("loud.wav: 100 % of the input's cells are clipped") for note in result.notes)


def test_files_are_counted_before_the_board_is_asked_for_anything(bundle: Bundle, tmp_path: Path) -> None:
    rate = bundle.settings.sample_rate
    soundfile.write(tmp_path / "a.wav", np.zeros(rate // 2, np.int16), rate)
    soundfile.write(tmp_path / "b.wav", np.zeros(3 * rate, np.int16), rate)
    (tmp_path / "c.wav").write_bytes(b"no sound")
    told: list[e.Event] = []
    run = Run([tmp_path], cast(Any, SimpleNamespace(kind="virtual")), bundle, listeners=[told.append])
    assert list(run._open_sources()) == ["a.wav", "b.wav"]
    left_out, counted = told
    assert isinstance(left_out, e.FileLeftOut) and left_out.name == "c.wav"
    assert counted == e.FilesCounted(2, 3 * rate + rate // 2)
    few, unreadable = open_sources([tmp_path], bundle, Wishes(longest_s=1.0))
    assert list(few) == ["a.wav"] and set(unreadable) == {"b.wav", "c.wav"}
    assert list(open_sources([tmp_path], bundle)[0]) == ["a.wav", "b.wav"]


def test_the_boards_part_is_started_and_given_all_files(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(3000, np.int16), bundle.settings.sample_rate)
    asked: list[Any] = []
    part = SimpleNamespace(
        start=lambda: asked.append("start"), execute=lambda files: asked.append(dict(files))
    )
    monkeypatch.setattr(running, "BoardShare", lambda *_: part)
    Run([tmp_path], cast(Any, SimpleNamespace(kind="virtual")), bundle).execute()
    assert asked[0] == "start" and [list(files) for files in asked[1:]] == [["a.wav"]]
