"""Listening to a file: the same detections as the comparison's detector, and clear words where no microphone is."""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from ..audio.source import AudioSource
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..commands import listen as command
from ..comparison.expected import Expected
from ..model.reference import ReferenceInterpreter
from .live_audio import ListenError, devices, file_blocks, microphone_blocks
from .show import bar

BUNDLE = DEFAULT_BUNDLE
WAV = BUNDLE / "wav" / "clear-thrush.wav"


def _arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


def test_pieces_make_up_the_file() -> None:
    whole = np.concatenate(list(AudioSource(WAV, 8000).blocks()))
    pieces = list(file_blocks(WAV, 8000, real_time=False))
    assert {len(piece) for piece in pieces[:-1]} == {400}
    assert np.array_equal(np.concatenate(pieces), whole)


def test_a_file_gives_the_detections_of_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    bundle = load_bundle(BUNDLE)
    reference = Expected(bundle, ReferenceInterpreter(bundle.model_bytes, bundle.model))
    changes = reference.push(np.concatenate(list(AudioSource(WAV, 8000).blocks()))).changes
    assert changes
    assert command.run(_arguments("--wav", str(WAV), "--fast")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(changes) + 1
    assert f"{sum(change.active for change in changes)} detections" in lines[-1]


def test_what_is_missing_of_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = WAV.read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    assert command.run(_arguments("--wav", str(cut), "--fast")) == 0
    said = capsys.readouterr().err
    assert f"note: {cut}: " in said and any(note in said for note in AudioSource(cut, 8000).warnings)
    assert AudioSource(cut, 8000).warnings


def test_the_bar_is_as_long_as_the_score() -> None:
    assert bar(0.5, False).count("█") == 15 and bar(2.0, True).count("█") == 30 and "◄" in bar(1.0, True)


def test_a_missing_package_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(_name: str) -> object:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ListenError, match="PortAudio library not found"):
        command.run(_arguments("--devices"))


def _fake_microphone(monkeypatch: pytest.MonkeyPatch, rate: int, present: bool = True) -> None:
    """A sounddevice with one microphone that hears a second of noise."""
    noise = np.random.default_rng(1).integers(-2000, 2000, (rate, 1), dtype=np.int16)

    class Stream:
        def __init__(self, callback, blocksize, **_):  # type: ignore[no-untyped-def]
            self.callback, self.size = callback, blocksize

        def __enter__(self) -> None:
            for first in range(0, len(noise), self.size):
                self.callback(noise[first : first + self.size], self.size, None, None)

        def __exit__(self, *_: object) -> None:
            pass

    class PortAudioError(Exception):
        pass

    def query(chosen: object = None, kind: str = "") -> object:
        if kind and (not present or chosen == "nowhere"):
            raise ValueError("No input device matching")
        one = {"name": "Mic", "max_input_channels": 1, "default_samplerate": float(rate)}
        return one if kind else [one, {"name": "Speaker", "max_input_channels": 0}]

    fake = types.SimpleNamespace(InputStream=Stream, PortAudioError=PortAudioError, query_devices=query)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)


def test_a_microphone_of_another_rate_is_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_microphone(monkeypatch, 48_000)
    assert devices() == ["0: Mic (1 in)"]
    blocks = microphone_blocks(8000, None)
    heard = np.concatenate([next(blocks) for _ in range(20)])
    assert heard.dtype == np.int16 and 6500 < len(heard) <= 8000


def test_no_microphone_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_microphone(monkeypatch, 8000, present=False)
    with pytest.raises(ListenError, match="There is no microphone"):
        next(microphone_blocks(8000, None))
    _fake_microphone(monkeypatch, 8000)
    with pytest.raises(ListenError, match="'nowhere'"):
        next(microphone_blocks(8000, "nowhere"))
