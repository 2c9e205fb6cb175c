"""What lies between a sound and its file: air, trees, the microphone, a codec."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from .signal import Rng, Signal, filtered, reverberated, shaped_noise, smooth_noise

_AIR_HZ = [250.0, 500.0, 1000.0, 2000.0, 4000.0]
_AIR_DB_PER_100_M = [0.11, 0.25, 0.45, 0.9, 2.7]
"""Absorption at 15 °C and 70 % humidity (ISO 9613-1, table 1, rounded)."""
_LEAVES_DB_PER_100_M = [2.0, 3.0, 4.0, 6.0, 9.0]
"""Attenuation by dense foliage (ISO 9613-2, table A.1, carried on to 100 m of it and rounded)."""


def from_afar(rng: Rng, sound: Signal, rate: int) -> Signal:
    """`sound` through 5 to 150 m of air and some foliage, with the echoes of a wood; its level is left as it is."""
    metres = 5.0 * 30.0 ** rng.random()
    leaves = float(rng.choice([0.0, rng.uniform(0.0, 1.0)]))
    loss = (np.array(_AIR_DB_PER_100_M) + leaves * np.array(_LEAVES_DB_PER_100_M)) * metres / 100.0
    sound = filtered(sound, rate, _AIR_HZ, list(loss[0] - loss))
    wet = min(1.2, 0.15 + metres / 100.0 * rng.uniform(0.3, 1.0))
    return reverberated(rng, sound, rate, rng.uniform(0.4, 1.8), wet)


def wind_on_the_microphone(rng: Rng, n: int, rate: int) -> Signal:
    """Gusts that shake the membrane: noise far below 300 Hz, unit peak, sometimes clipped flat."""
    gust = np.clip(smooth_noise(rng, n, rng.uniform(0.5, 3.0), rate) + rng.uniform(-0.5, 0.5), 0.0, 1.0) ** 2
    noise = shaped_noise(rng, n, rate, [10, 60, 200, 600, 4000], [0, 0, -18, -40, -70]) * gust
    peak = max(1e-9, float(np.max(np.abs(noise))))
    return np.asarray(np.clip(noise / peak * rng.uniform(1.0, 1.8), -1.0, 1.0))


MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # Hz; the format has no others


def through_mp3(sound: Signal, rate: int) -> Signal:
    """`sound` (full scale 1) as an mp3 of 64 kbit/s leaves one of its two channels, in time with what went in.

    A codec drops what it holds for masked: faint birds under loud noise come out with holes.
    """
    buffer = io.BytesIO()
    # 0.6 on libsndfile's scale from 0 to 1 gives 34 kbit/s for one channel of 8 kHz.
    with soundfile.SoundFile(
        buffer,
        "w",
        rate,
        1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=0.6,
        bitrate_mode="CONSTANT",
    ) as file:
        file.write(np.clip(sound, -1.0, 1.0))
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer)
    out = np.zeros(len(sound))
    n = min(len(sound), len(decoded))
    out[:n] = decoded[:n]
    return out
