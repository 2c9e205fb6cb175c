"""What each stage of the front end makes of one column of sound, to the last bit, as a file.

`python -m host.core.stage_vectors` writes stage_vectors.json anew, after the arithmetic itself was changed on purpose:
then every trained model's features change with it. test_c_stages.py holds the file to the float64 twins, too, so that a
fault cannot be stored.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..frontend.log_mel.settings import LogMelSettings
from .c_stages import Segments, Stages

FILE = Path(__file__).with_name("stage_vectors.json")
# A length that is a power of 4 and one that is not; a window shorter than its FFT; an own affine input.
SHAPES = {
    "8 kHz, 256 points": LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0),
    "8 kHz, 128 points": LogMelSettings(8000, 100, 64, 128, 16, 100.0, 3900.0, -100.0, 0.05, 2.0),
    "16 kHz, 512 points": LogMelSettings(16000, 400, 160, 512, 64, 20.0, 8000.0, -80.0),
}
INPUT = {"8 kHz, 256 points": (0.41, 66), "8 kHz, 128 points": (0.02, -3), "16 kHz, 512 points": (0.41, 67)}


def samples_of(settings: LogMelSettings) -> list[int]:
    """One column of sound without a random generator: two tones and a pulse, as whole numbers from arithmetic alone."""
    n = np.arange(settings.fft)
    sound = 9000 * np.sin(2 * np.pi * 0.0831 * n) + 700 * np.sin(2 * np.pi * 0.3127 * n)
    sound[settings.fft // 3] += 15000
    return [int(value) for value in np.round(sound)]


def vectors(stages: Stages, samples: list[int]) -> dict[str, Any]:
    """Every stage's output, as plain values; each stage is given what the one before gave."""
    groups = stages.window(np.array(samples, np.int16))
    spectrum = stages.rfft(groups)
    unused = [0, stages.settings.fft // 2]  # hold nothing of use (rfft.h)
    spectrum[unused] = 0
    segments = stages.mel(spectrum)
    db_q16 = stages.log(segments)
    return {
        "samples": samples,
        "window": groups.tolist(),
        "rfft": spectrum.tolist(),
        "mel": [values.tolist() for values in segments],
        "log": db_q16.tolist(),
        "quantise": stages.quantise(db_q16).tolist(),
    }


def segments_of(values: list[list[int]]) -> Segments:
    """What `vectors` stored of the mel stage."""
    return Segments(
        np.array(values[0], np.uint32), np.array(values[1], np.uint32), np.array(values[2], np.int32)
    )


def main() -> None:
    """Write the file."""
    found = {name: vectors(Stages(s, *INPUT[name]), samples_of(s)) for name, s in SHAPES.items()}
    lines = json.dumps(found, separators=(",", ":")).replace('"},"', '"},\n"')
    lines = lines.replace(',"', ',\n"').replace(":{", ":{\n")
    FILE.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
