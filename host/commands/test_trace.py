"""`trace` against virtual boards: one that is right, and some that are wrong on purpose."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..board.choice import BoardChoice
from ..board.kinds.virtual import VirtualBoard, VirtualOptions
from ..board.options import make_board
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..model.inspect import read_graph

pytestmark = pytest.mark.slow
pytest.importorskip("tflite_micro")

SONG = str(DEFAULT_BUNDLE / "wav" / "clear-thrush.wav")
OPS = len(read_graph(load_bundle(DEFAULT_BUNDLE).model_bytes).operators)


@contextlib.contextmanager
def _wrong(fault: str) -> Iterator[list[str]]:
    """Options that name a board with that fault."""
    made = make_board(BoardChoice("virtual"), DEFAULT_BUNDLE)
    assert isinstance(made, VirtualBoard)
    with contextlib.closing(VirtualBoard(made.program, VirtualOptions(tcp=True, faults=(fault,)))) as board:
        yield ["--port", board.start()]


def test_a_right_board(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wanted = ["--board", "virtual", "--window", "3", "--json", str(tmp_path / "t.json")]
    assert main(["trace", SONG, *wanted]) == 0
    shown = capsys.readouterr().out
    assert f"all {OPS} tensors of window 3 are equal." in shown
    told = json.loads((tmp_path / "t.json").read_text())
    assert (told["window"], told["agreed"], len(told["tensors"])) == (3, True, OPS)
    assert main(["trace", SONG, "--board", "virtual", "--all-windows", "3"]) == 0
    assert f"3 windows, {3 * OPS} tensors: all are equal." in capsys.readouterr().out


def test_the_op_that_departs_is_named_cut_out_and_right_elsewhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    case, right, overlay = (tmp_path / name for name in ("case.zip", "right.json", "overlay.json"))
    assert main(["trace", SONG, "--board", "virtual", "--json", str(right)]) == 0
    with _wrong("op=3,cell=17,add=60") as port:
        capsys.readouterr()
        written = ["--export", str(case), "--against", str(right), "--model-explorer", str(overlay)]
        assert main(["trace", SONG, *port, *written]) == 1
        shown = capsys.readouterr().out
        assert f"op 3 of {OPS}, " in shown and "cell 17 alone" in shown and "its input is equal" in shown
        assert "Here and there, tensor by tensor" in shown
        assert "part at op 3" in shown and "there it equals the host's, here it does not" in shown
        assert main(["trace", SONG, *port, "--all-windows", "2"]) == 1
        assert "an op departs in 2 windows." in capsys.readouterr().out
    assert overlay.is_file()
    assert main(["trace", "--replay", str(case), "--board", "virtual"]) == 0
    assert "unlike the board that the case comes from" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stage", "band", "add", "place"),
    [
        ("window", 9, 3000, "windowed value 9"),
        ("spectrum", 20, 90_000, "bin 20"),
        ("mel", 12, 1, "mel band 12"),
        ("mel", 39, 1, "mel band 39"),
        ("log", 12, 65_536, "log band 12"),
        ("cells", 12, 1, "band 12"),
    ],
)
def test_the_stage_and_band_that_depart_are_those_that_were_altered(
    capsys: pytest.CaptureFixture[str], stage: str, band: int, add: int, place: str
) -> None:
    with _wrong(f"stage={stage},band={band},add={add}") as port:
        assert main(["trace", SONG, *port, "--column", "40"]) == 1
    shown = capsys.readouterr().out
    assert f"column 40 departs in {place} (stage {stage}: 1 of " in shown
    assert "equal" in shown or stage == "window"


def test_what_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("no")
    for arguments, said in (
        ([], "no sound file is given"),
        ([SONG, "--replay", str(tmp_path / "no.zip")], "a sound file is given too"),
        (["--replay", str(tmp_path / "no.zip")], "is no ZIP file"),
        ([SONG, "--all-windows", "2", "--shift", "1"], "--shift is about a single window"),
        ([SONG, "--board", "virtual", "--shift", "1"], "cannot move its arena"),
        ([SONG, "--board", "virtual", "--window", "9999"], "has no window 9999"),
        ([SONG, "--board", "virtual", "--column", "99999"], "has no column 99999"),
    ):
        assert main(["trace", *arguments]) == 2, arguments
        assert said in capsys.readouterr().err
