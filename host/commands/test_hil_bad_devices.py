"""`hil` against boards that misbehave: exit code 2, a message with board and state, no verdict, no traceback."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ..board import scripted as s
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..comparison.fakes import FakeDevice, bundle_info
from ..comparison.proof import expected_proof
from ..errors import ExitCode
from ..link import messages as m
from ..link.codec import Payload
from ..model.reference import ReferenceInterpreter

pytestmark = pytest.mark.slow

SECONDS = 3.0


@pytest.fixture(scope="module")
def firmware() -> Callable[[], s.HonestFirmware]:
    """Makes firmwares that give the default bundle's own results."""
    bundle: Bundle = load_bundle(DEFAULT_BUNDLE)
    info = bundle_info(bundle)
    info = replace(info, capabilities=info.capabilities | m.Capability.PROOF)
    interpreter = ReferenceInterpreter(bundle.model_bytes, bundle.model)

    def make() -> s.HonestFirmware:
        fake = FakeDevice(bundle, interpreter, quick=True)

        def results(audio: bytes, _flags: int) -> list[Payload]:
            return list(fake.stream([np.frombuffer(audio, "<i2").astype(np.int16)]))

        def prove(nonce: int) -> m.Proof:
            return expected_proof(bundle, nonce)

        def infer(cells: bytes) -> bytes:
            return fake.infer(np.frombuffer(cells, np.int8)).outputs

        return s.HonestFirmware(info, results, fake.status, prove, infer)

    return make


def _run(device: s.ScriptedDevice, folder: Path, *more: str) -> int:
    wav = folder / "a.wav"
    rate = load_bundle(DEFAULT_BUNDLE).settings.sample_rate
    samples = np.random.default_rng(3).integers(-3000, 3000, int(SECONDS * rate)).astype(np.int16)
    soundfile.write(wav, samples, rate)
    with s.serve(device) as url:
        return main(["hil", str(wav), "--port", url, "--report", str(folder / "report"), "--no-html", *more])


def test_an_honest_board_passes(
    firmware: Callable[[], s.HonestFirmware], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(s.ScriptedDevice(firmware()), tmp_path) == ExitCode.DONE, capsys.readouterr().out
    assert json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))["verdict"] == "pass"


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (s.Fault(m.Info, s.empty), "asking for INFO"),
        (s.Fault(m.Info, s.cut_off), "asking for INFO"),
        (s.Fault(m.StreamStarted, s.cut_off), "streaming audio"),
        (s.Fault(m.WindowResult, s.empty), "streaming audio"),
        (s.Fault(m.StreamDone, s.shorter), "streaming audio"),
        (s.Fault(m.Features, s.endless), "asking for STATUS"),
        (s.Fault(m.StreamDone, s.repeated), "asking for STATUS"),
        (s.Fault(m.StreamDone, s.refused), "streaming audio"),
        (s.Fault(m.Status, s.longer), "asking for STATUS"),
    ],
    ids=lambda value: f"{value.spoil.__name__}-{value.answer.NAME}" if isinstance(value, s.Fault) else "",
)
def test_a_board_that_misbehaves_could_not_be_tested(
    firmware: Callable[[], s.HonestFirmware],
    fault: s.Fault,
    state: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = _run(s.ScriptedDevice(firmware(), fault), tmp_path)
    said = capsys.readouterr()
    assert code == ExitCode.BROKE_OFF, said
    assert "socket://127.0.0.1" in said.err and f"(while {state})" in said.err and "→" in said.err
    assert ("(while streaming audio), in " in said.err) == (state == "streaming audio")
    assert "Traceback" not in said.err and "PASS" not in said.out
    report = tmp_path / "report" / "report.json"
    assert not report.exists() or json.loads(report.read_text(encoding="utf-8"))["verdict"] != "pass"


def test_an_empty_port_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("hil", "deploy", "monitor", "boards", "flash"):
        assert main([command, "--port", ""]) == ExitCode.BROKE_OFF
        assert "--port is empty" in capsys.readouterr().err
