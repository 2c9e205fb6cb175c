"""`deploy`, `monitor` and `board` against virtual boards."""

import csv
import hashlib
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ..board.device import Device
from ..board.kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions
from ..board.probe import probe
from ..bundle.load import load_bundle
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE, ROOT
from ..cli import main
from ..link.messages import Capability, Info
from ..model.engine_faults import ModelFault
from ..model.samples import sample_values
from . import deploy

pytestmark = pytest.mark.slow

SONG = DEFAULT_BUNDLE / "wav" / "clear-thrush.wav"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A bundle unlike the default: 16 kHz, 64 bands, five classes."""
    return write_bundle(tmp_path / "softmax", sample_values("softmax")).path


def test_a_bundle_is_deployed_kept_in_the_file_and_erased(
    other: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ["--flash", str(tmp_path / "flash.bin")]
    monkeypatch.setattr(deploy, "LINE_EVERY_S", 0.0)
    assert main(["deploy", "--bundle", str(other), *kept]) == 0
    out, told = capsys.readouterr()
    assert re.search(r"^· Deploying sample softmax: [\d,]+ of [\d,]+ bytes$", told, re.MULTILINE)
    assert re.search(r"Deployed [\d,]+ bytes in \d+\.\d\d s; .*'sample softmax' \(model slot\)", out)
    assert main(["deploy", "--erase", *kept]) == 0
    out = capsys.readouterr().out
    assert "'sample softmax' (model slot)" in out, "the file kept it"
    assert "Slot emptied" in out and "(compiled in)" in out.splitlines()[-1]


def test_a_damaged_bundle_is_not_sent(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (other / "model.tflite").write_bytes(b"not a model")
    assert main(["deploy", "--board", "virtual", "--bundle", str(other)]) == 2
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
    assert f"{bundle.labels[0]} begins" in out and "█" in out and "1 detection " in out
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["label"] == bundle.labels[0] and rows[0]["change"] == "begins"
    assert float(rows[0]["score"]) >= bundle.detector.threshold
    assert len(bytes.fromhex(rows[0]["features"])) == bundle.frames * bundle.settings.bands


def test_a_board_without_microphone_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "--board", "virtual", "--seconds", "2"]) == 2
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


def _faulty(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: str) -> None:
    """Let virtual boards have wrong kernels for the bundle in `folder`."""
    fault = ModelFault(hashlib.sha256((folder / "model.tflite").read_bytes()).hexdigest(), kind, 2)
    started = VirtualBoard.__init__

    def start(self: VirtualBoard, program: Path, options: VirtualOptions) -> None:
        started(self, program, replace(options, fault=fault))

    monkeypatch.setattr(VirtualBoard, "__init__", start)


@pytest.mark.parametrize("kind", ["wrong", "crash-invoke"])
def test_what_fails_on_trial_is_not_kept_unless_it_is_forced(
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    _faulty(monkeypatch, other, kind)
    deploy = ["deploy", "--bundle", str(other), "--flash", str(tmp_path / "flash.bin")]
    assert main(deploy) == 2
    captured = capsys.readouterr()
    assert "window 2 of 8" in captured.err
    assert ("runs its old bundle" in captured.err) == (kind == "crash-invoke")
    assert main([*deploy, "--force"]) == 0
    captured = capsys.readouterr()
    assert "(compiled in)" in captured.out.splitlines()[0], "the first one was not kept"
    assert "window 2 of 8" in captured.err and "all the same" in captured.err
    assert "'sample softmax' (model slot)" in captured.out


def test_a_firmware_that_cannot_try_is_told_and_deploys(
    other: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Device.info
    monkeypatch.setattr(
        Device,
        "info",
        lambda self: replace(told(self), capabilities=told(self).capabilities & ~Capability.TRIAL),
    )
    assert main(["deploy", "--board", "virtual", "--bundle", str(other)]) == 0
    captured = capsys.readouterr()
    assert "without trying it" in captured.err and "Deployed" in captured.out and "tried" not in captured.out


@pytest.fixture
def as_esp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual board that says it is an ESP32, so that ESP-NN's faults are its own."""
    told = Device.info

    def info(self: Device) -> Info:
        said = told(self)
        return replace(said, board="esp32", capabilities=said.capabilities & ~Capability.VIRTUAL_TIME)

    monkeypatch.setattr(Device, "info", info)


def _sample(tmp_path: Path, name: str) -> list[str]:
    return [
        "deploy",
        "--board",
        "virtual",
        "--bundle",
        str(write_bundle(tmp_path / name, sample_values(name)).path),
    ]


@pytest.mark.usefixtures("as_esp32")
def test_a_model_that_crashes_a_boards_kernels_is_not_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy = _sample(tmp_path, "grouped")
    assert main(deploy) == 2
    captured = capsys.readouterr()
    assert "CONV_2D" in captured.err and "crashes the board on this esp32" in captured.err
    assert "--force" in captured.err and "Deployed" not in captured.out
    assert main([*deploy, "--force"]) == 0
    captured = capsys.readouterr()
    assert "--force: it is sent all the same" in captured.err and "Deployed" in captured.out


@pytest.mark.usefixtures("as_esp32")
def test_a_model_whose_values_depart_on_a_boards_kernels_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_sample(tmp_path, "fullyconv")) == 0
    captured = capsys.readouterr()
    assert "warning: op" in captured.err and "SOFTMAX on [1, 1, 1, 5] gives wrong values" in captured.err
    assert "flatten before the softmax" in captured.err and "8 windows tried" in captured.out


@pytest.mark.parametrize("name", ["fullyconv", "grouped"])
def test_the_virtual_board_has_other_kernels_and_no_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(_sample(tmp_path, name)) == 0
    captured = capsys.readouterr()
    assert "warning" not in captured.err and "8 windows tried" in captured.out
