"""Damaged sound files: each must give counted samples or an error that names cause and cure."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from host.audio.crafted import LIST, WRITERS, encoded
from host.audio.errors import AudioError
from host.audio.source import AudioSource

from .target import Target, check_refusal

LONGEST_S = 600.0
RATES = (8000, 16_000, 44_100)
SUFFIXES = ("bin", "wav", "mp3", "raw", "flac", "ogg")
CODECS = (
    ("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAV", "GSM610"), ("WAV", "G721_32"),
    ("WAV", "NMS_ADPCM_16"), ("WAVEX", "PCM_24"), ("W64", "IMA_ADPCM"), ("AIFF", "IMA_ADPCM"), ("AIFF", "DWVW_16"),
    ("AIFF", "GSM610"), ("AU", "G721_32"), ("AU", "G723_24"), ("AU", "ULAW"), ("CAF", "ALAC_16"), ("CAF", "ALAC_24"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
    ("AVR", "PCM_16"), ("HTK", "PCM_16"), ("SVX", "PCM_16"), ("MAT4", "PCM_16"), ("MAT5", "DOUBLE"),
    ("MPC2K", "PCM_16"), ("PAF", "PCM_24"), ("PVF", "PCM_16"), ("IRCAM", "ULAW"), ("VOC", "PCM_U8"),
    ("NIST", "PCM_16"), ("WVE", "ALAW"), ("XI", "DPCM_16"),
)  # fmt: skip


class AudioFuzz(Target):
    """Mutations of files of every container and codec."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        sound = (3000 * rng.standard_normal(6000)).clip(-32768, 32767).astype(np.int16)
        pair = np.column_stack([sound, -sound])
        corpus: list[bytes] = []
        for writer, codings in WRITERS.values():
            for coding in codings:
                corpus.append(writer(sound, 8000, coding, None).whole)
                corpus.append(writer(pair, 44_100, coding, None).whole + LIST)
        for kind, subtype in CODECS:
            rate = 48_000 if subtype == "OPUS" else 8000
            corpus.append(encoded(sound, rate, kind, subtype))
        corpus.append(
            encoded(pair, 44_100, "MP3", "MPEG_LAYER_III", bitrate_mode="VARIABLE", compression_level=0.5)
        )
        corpus.append(encoded(np.zeros(60_000), 8000, "FLAC"))
        super().__init__("audio", corpus)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """Read a file; see `Target.take`."""
        path = folder / f"case.{rng.choice(SUFFIXES)}"
        path.write_bytes(data)
        try:
            source = AudioSource(path, rng.choice(RATES), longest_s=LONGEST_S)
            stereo = rng.random() < 0.1
            count = 0
            for block in source.stereo_blocks() if stereo else source.blocks():
                if block.dtype != np.int16 or block.ndim != (2 if stereo else 1) or len(block) == 0:
                    raise AssertionError(f"a block {block.shape} of {block.dtype}")
                count += len(block)
            expected = source.frames * source.sample_rate / source.file_rate
            if abs(count - expected) > 2 + expected * 1e-6:
                raise AssertionError(f"{count} samples came, {expected} were counted")
            _ = source.notes
        except AudioError as error:
            return check_refusal(error, str(path))
        finally:
            path.unlink()
        return "read"


def make() -> AudioFuzz:
    """The target."""
    return AudioFuzz()
