"""`deploy`, `monitor` and `board` against virtual boards."""

import csv
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ..board.kinds.virtual import PSEUDO_TERMINALS
from ..board.probe import probe
from ..bundle.load import load_bundle
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE, ROOT
from ..cli import main
from ..model.samples import sample_values

pytestmark = pytest.mark.slow

SONG = DEFAULT_BUNDLE / "wav" / "clear-thrush.wav"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A bundle unlike the default: 16 kHz, 64 bands, five classes."""
    return write_bundle(tmp_path / "softmax", sample_values("softmax")).path


def test_a_bundle_is_deployed_kept_in_the_file_and_erased(
    other: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = ["--flash", str(tmp_path / "flash.bin")]
    assert main(["deploy", "--bundle", str(other), *kept]) == 0
    out = capsys.readouterr().out
    assert re.search(r"Deployed [\d,]+ bytes in \d+\.\d\d s; .*'sample softmax' \(model slot\)", out)
    assert main(["deploy", "--erase", *kept]) == 0
    out = capsys.readouterr().out
    assert "'sample softmax' (model slot)" in out, "the file kept it"
    assert "Slot emptied" in out and "(compiled in)" in out.splitlines()[-1]


def test_a_damaged_bundle_is_not_sent(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (other / "model.tflite").write_bytes(b"not a model")
    assert main(["deploy", "--bundle", str(other)]) == 2
    captured = capsys.readouterr()
    assert "model.tflite" in captured.err and "Board" not in captured.out


def test_detections_are_shown_and_logged_with_their_features(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    log = tmp_path / "new folder" / "log.csv"
    listened = ["monitor", "--microphone", str(SONG), "--seconds", "3", "--features", "--csv", str(log)]
    assert main(listened) == 0
    out = capsys.readouterr().out
    assert f"{bundle.labels[0]} begins" in out and "█" in out and "1 detections" in out
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["label"] == bundle.labels[0] and rows[0]["change"] == "begins"
    assert float(rows[0]["score"]) >= bundle.detector.threshold
    assert len(bytes.fromhex(rows[0]["features"])) == bundle.frames * bundle.settings.bands


def test_a_board_without_microphone_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "--seconds", "2"]) == 2
    assert "no microphone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["monitor", "--microphone", str(SONG), "--port", "/dev/ttyUSB0"], "another board is named"),
        (["monitor", "--microphone", "no-such.wav"], "no-such.wav"),
        (["monitor", "--microphone", str(SONG), "--csv", str(SONG / "x.csv")], "cannot be written"),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "→" in error


@pytest.mark.skipif(not PSEUDO_TERMINALS, reason="Windows has no SIGINT for another process")
def test_a_board_in_the_foreground_can_be_used_until_it_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "host", "board", "--tcp-port", "0", "--no-inference"]
    with subprocess.Popen(
        [*command, "--flash", str(tmp_path / "flash.bin")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"--port (socket://\S+)", process.stdout.readline())
            assert url is not None
            info = probe(url.group(1))
            assert info is not None and info.board == "virtual"
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert "stopped" in process.stdout.read()
        finally:
            process.kill()
