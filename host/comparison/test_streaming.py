"""A file from the disk through device and host to its comparison."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..board.audio_stream import SamplesLostError
from ..bundle.load import Bundle
from ..link.messages import StreamDone
from .fakes import FakeDevice, FakeInterpreter
from .file import COMPLETENESS, FileComparison
from .streaming import compare_file


def _compare(bundle: Bundle, path: Path, witness: bool = True, **more: Any) -> FileComparison:
    interpreter = FakeInterpreter(bundle)
    return compare_file(
        FakeDevice(bundle, interpreter),
        bundle,
        AudioSource(path, bundle.settings.sample_rate),
        interpreter,
        FakeInterpreter(bundle, flaw=0 if witness else 1),
        **more,
    )


def _write(path: Path, audio: NDArray[Any], rate: int) -> Path:
    soundfile.write(path, audio, rate)
    return path


def test_a_file_is_compared_to_its_last_column(bundle: Bundle, samples: NDArray[Any], tmp_path: Path) -> None:
    rate = bundle.settings.sample_rate
    sent: list[int] = []
    found = _compare(bundle, _write(tmp_path / "a.wav", samples, rate), progress=sent.append)
    assert found.agreed
    assert found.name == "a.wav"
    assert found.features.compared == bundle.settings.columns(len(samples)) * bundle.settings.bands
    assert found.samples == sum(sent) == len(samples)
    assert found.notes == []


def test_conversions_are_noted(bundle: Bundle, samples: NDArray[Any], tmp_path: Path) -> None:
    stereo = np.stack([samples, samples], axis=1)
    found = _compare(bundle, _write(tmp_path / "a.wav", stereo, 44_100), name="b")
    assert found.agreed
    assert found.name == "b"
    assert found.notes == ["2 channels averaged to one", "resampled from 44,100 to 16,000 Hz"]
    assert found.audio_s == pytest.approx(len(samples) / 44_100, abs=1e-3)


@pytest.mark.parametrize(
    ("length", "note"), [(1, "shorter than one column"), (1500, "shorter than one window")]
)
def test_short_files_say_so(bundle: Bundle, tmp_path: Path, length: int, note: str) -> None:
    found = _compare(
        bundle, _write(tmp_path / "a.wav", np.zeros(length, np.int16), bundle.settings.sample_rate)
    )
    assert found.agreed
    assert len(found.notes) == 1
    assert found.notes[0].startswith(note)


def test_a_witness_that_disagrees_is_heard(bundle: Bundle, samples: NDArray[Any], tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", samples, bundle.settings.sample_rate)
    assert _compare(bundle, path, witness=False).witness_differences > 0


def test_little_is_held_of_a_long_file(bundle: Bundle, samples: NDArray[Any], tmp_path: Path) -> None:
    """Host and device wait for each other, so what one has and the other not stays within some blocks."""
    path = _write(tmp_path / "a.wav", np.tile(samples, 4), bundle.settings.sample_rate)
    held: list[int] = []

    class Watched(FakeDevice):
        def stream(self, blocks: Any, features: bool = True, inference: bool = True) -> Iterator[Any]:
            for result in super().stream(blocks, features, inference):
                yield result
                held.append(comparisons[-1]._columns.only_host + comparisons[-1]._columns.only_device)

    comparisons: list[FileComparison] = []
    original = FileComparison.__post_init__

    def remember(self: FileComparison) -> None:
        original(self)
        comparisons.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileComparison, "__post_init__", remember)
        interpreter = FakeInterpreter(bundle)
        device = Watched(bundle, interpreter)
        assert compare_file(
            device, bundle, AudioSource(path, bundle.settings.sample_rate), interpreter
        ).agreed
    assert len(held) > 200
    # Two blocks wait, and a third may be done between a look and the next; a block's ends are not its columns'.
    assert max(held) <= 3 * (16_384 // bundle.settings.hop + 1)


def test_a_file_of_one_window_is_not_short(bundle: Bundle, tmp_path: Path) -> None:
    samples = np.zeros(bundle.window_samples, np.int16)
    found = _compare(bundle, _write(tmp_path / "a.wav", samples, bundle.settings.sample_rate))
    assert found.agreed and found.scores.compared and found.notes == []


@pytest.mark.parametrize(("less", "note"), [(0, "shorter than one window"), (1, "shorter than one column")])
@pytest.mark.parametrize("padding", ["none", "zero"])
def test_a_file_of_one_column_has_something_to_be_compared(
    bundle: Bundle, tmp_path: Path, less: int, note: str, padding: str
) -> None:
    """A centred column begins before the sound: its first samples need not be there."""
    settings: Any = replace(cast(Any, bundle.settings), padding=padding)
    assert bool(settings.lead) == (padding == "zero")
    made = replace(bundle, settings=settings)
    length = settings.span - settings.lead - less
    found = compare_file(
        Silent(made, FakeInterpreter(made)),
        made,
        AudioSource(
            _write(tmp_path / "a.wav", np.zeros(length, np.int16), settings.sample_rate), settings.sample_rate
        ),
        None,
    )
    (told,) = found.notes
    assert told.startswith(note)


class Silent(FakeDevice):
    """Takes sound and answers nothing."""

    def stream(self, blocks: Any, *_: Any, **__: Any) -> Iterator[Any]:
        for _block in blocks:
            pass
        yield from ()


def test_of_a_stream_that_ends_without_a_word_all_samples_count(bundle: Bundle, tmp_path: Path) -> None:
    samples = np.zeros(bundle.window_samples + 40_000, np.int16)
    path = _write(tmp_path / "a.wav", samples, bundle.settings.sample_rate)
    interpreter = FakeInterpreter(bundle)
    found = compare_file(
        Silent(bundle, interpreter), bundle, AudioSource(path, bundle.settings.sample_rate), interpreter
    )
    assert found.samples == len(samples) and not found.finished and 0 < found.wall_s < 60


@pytest.mark.parametrize("about", [": some of them", ""])
def test_what_came_of_a_stream_that_lost_samples_is_compared(
    bundle: Bundle, samples: NDArray[Any], tmp_path: Path, about: str
) -> None:
    class Losing(FakeDevice):
        """It counts one sample."""

        def stream(self, *args: Any, **more: Any) -> Iterator[Any]:
            for result in super().stream(*args, **more):
                if isinstance(result, StreamDone):
                    raise SamplesLostError("lost", "", replace(result, samples=1), about)
                yield result

    interpreter, rate = FakeInterpreter(bundle), bundle.settings.sample_rate
    source = AudioSource(_write(tmp_path / "a.wav", samples, rate), rate)
    found = compare_file(Losing(bundle, interpreter), bundle, source, interpreter)
    assert found.faults.told(COMPLETENESS) == [f"the device counted 1 samples of {len(samples):,}{about}"]
    assert found.finished and not found.features.different and not found.outputs.different
    assert found.features.compared == bundle.settings.columns(len(samples)) * bundle.settings.bands
