"""What a search starts from: the bundle's own recordings, and noise and tones for bundles that have none."""

import numpy as np
from numpy.typing import NDArray

from ...audio.errors import AudioError
from ...audio.find import find_audio
from ...audio.source import AudioSource
from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

RECORDED_S = 120.0  # of the recordings, at most
SYNTHETIC = 24


def front_end(bundle: Bundle) -> FrontEnd:
    """The bundle's front end."""
    return FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point)


def seed_sounds(bundle: Bundle, rng: np.random.Generator) -> list[Int16]:
    """Sounds of one window's length each, int16 [window_samples]."""
    length = bundle.window_samples
    sounds = [piece for sound in _recordings(bundle) for piece in pieces_of(sound, length)]
    return sounds + [_synthetic(bundle, rng, length) for _ in range(SYNTHETIC)]


def pieces_of(sound: Int16, length: int) -> list[Int16]:
    """A sound's pieces of one length that overlap by half."""
    return [sound[at : at + length] for at in range(0, len(sound) - length + 1, (length + 1) // 2)]


def window_of(bundle: Bundle, sound: Int16) -> Int8:
    """The features of a sound of one window's length, int8 [frames, bands]."""
    return front_end(bundle).features(sound)


def _recordings(bundle: Bundle) -> list[Int16]:
    """The bundle's own recordings; what cannot be read is no seed."""
    rate, found, left = bundle.settings.sample_rate, [], RECORDED_S
    folder = bundle.path / "wav"
    if not folder.is_dir():
        return []
    try:
        for path in find_audio([folder]):
            source = AudioSource(path, rate, to_peak=bundle.to_peak)
            if source.duration_s <= left:
                found.append(np.concatenate(list(source.blocks())))
                left -= source.duration_s
    except AudioError:
        pass
    return found


def _synthetic(bundle: Bundle, rng: np.random.Generator, length: int) -> Int16:
    """A tone that rises or falls between two bands, with gaps up to 20 times a second or without any, in noise.

    The tone's amplitude is 30 to 25 000, the noise's standard deviation 0.3 to 1 000.
    """
    settings = bundle.settings
    time_s = np.arange(length) / settings.sample_rate
    centres = settings.band_centres() or (0.0, settings.sample_rate / 2)
    first, last = rng.uniform(centres[0], centres[-1], 2)
    turns = (first + (last - first) / 2 * np.linspace(0, 1, length)) * time_s
    gaps = np.sin(2 * np.pi * rng.uniform(0.5, 20.0) * time_s) > rng.uniform(-1.5, 0.5)
    tone = _between(rng, 30.0, 25_000.0) * np.sin(2 * np.pi * turns) * gaps
    noise = rng.normal(0.0, _between(rng, 0.3, 1000.0), length)
    return np.clip(np.rint(tone + noise), -32768, 32767).astype(np.int16)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Any level, as likely soft as loud."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
