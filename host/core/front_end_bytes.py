"""What each stage of each kind of front end makes of a fixed sound, to the last bit, as checksums in a file.

A board computes with the firmware of the day when it was flashed, the host with today's: both must give the same bytes.
`python -m host.core.front_end_bytes` writes front_end_bytes.json anew, after the arithmetic itself was changed on
purpose: then every trained model's features change with it, and boards have to be flashed.
"""

import json
import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import kind_of, values_of
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.settings import FrontEndSettings
from .c_frontend import FrontEnd

FILE = Path(__file__).with_name("front_end_bytes.json")
COLUMNS = 14
LOG_MEL = (8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0)
S, N = LogMelSettings, NormalisedSettings


def _log_mel(fft: int, bands: int = 20, **options: Any) -> LogMelSettings:
    window = options.pop("window", fft)
    return S(16000, window, window // 2, fft, bands, 20.0, 8000.0, options.pop("floor", -140.0), **options)


_CEPSTRAL = MfccSettings(8000, 256, 128, 256, 23, 12, 0.0, 4000.0, -100.0, lifter=22.0)
SHAPES: dict[str, tuple[FrontEndSettings, float, int]] = {
    "128 points": (S(8000, 100, 64, 128, 16, 100.0, 3900.0, -100.0, 0.05, 2.0), 0.02, -3),
    "256 points": (S(*LOG_MEL), 0.41, 66),
    "512 points": (_log_mel(512, 64, window=400), 0.41, 67),
    "1024 points": (_log_mel(1024, 128), 0.5, 60),
    "2048 points": (_log_mel(2048, 30, window=1200), 0.5, 60),
    "magnitude": (_log_mel(512, spectrum="magnitude"), 0.41, 67),
    "magnitude, few bands": (_log_mel(1024, 3, spectrum="magnitude", mel_norm="none"), 0.41, 30),
    "magnitude, offset": (
        _log_mel(256, spectrum="magnitude", log_offset=1e-5, logarithm="ln", floor=-140.0),
        0.05,
        80,
    ),
    "power, offset": (_log_mel(256, 40, log_offset=1e-8), 0.41, 67),
    "128 points, emphasis": (_log_mel(128, window=100, pre_emphasis=0.5), 0.41, 67),
    "1024 points, emphasis": (_log_mel(1024, pre_emphasis=0.9), 0.41, 67),
    "2048 points, emphasis": (_log_mel(2048, window=1500, pre_emphasis=0.97, spectrum="magnitude"), 0.41, 67),
    "emphasis": (_log_mel(512, window=400, pre_emphasis=0.97), 0.41, 67),
    "mirrored": (_log_mel(256, padding="reflect"), 0.41, 67),
    "400 points": (_log_mel(400, padding="reflect", mel_scale="htk", mel_norm="none"), 0.55, 60),
    "480 points, emphasis": (_log_mel(480, pre_emphasis=0.97, spectrum="magnitude"), 0.41, 67),
    "90 points": (S(4000, 75, 40, 90, 12, 0.0, 2000.0, -80.0, window_function="hamming"), 0.41, 67),
    "1250 points": (_log_mel(1250), 0.41, 67),
    "1458 points": (_log_mel(1458), 0.41, 67),
    "cepstral": (_CEPSTRAL, 6.0, 60),
    "cepstral, 400 points": (
        MfccSettings(16000, 400, 200, 400, 40, 13, 0.0, 8000.0, -80.0, padding="reflect"),
        3.0,
        60,
    ),
    "microfrontend": (MicrofrontendSettings(16000, 480, 160), 0.10196078568696976, -128),
    "microfrontend, odd window": (MicrofrontendSettings(8000, 203, 80, 11, 20.0, 3900.0), 0.1, -128),
    "microfrontend, bands as they are": (
        MicrofrontendSettings(
            44100, 1001, 300, 20, 50.0, 15000.0, noise_suppression=False, pcan=False, log=False
        ),
        4.0,
        -128,
    ),
    "microfrontend, bits of its own": (
        MicrofrontendSettings(
            16000, 30, 16, 3, 100.0, 7000.0, smoothing_bits=4, log_shift=9, pcan_offset=3.0
        ),
        0.1,
        -128,
    ),
    "challenge, 16 points": (Biodcase2026Settings(8000, 16, 5, 3, 0.0, 3900.0, window_bits=14), 1.0, -128),
    "challenge": (Biodcase2026Settings(16000, 512, 160, 32, 60.0, 7000.0), 1.0, -128),
    "challenge, single": (
        Biodcase2026Settings(22050, 1024, 512, 24, 0.0, 11000.0, window_bits=5, precision="single"),
        1.0,
        -128,
    ),
    **{
        f"window by {rule}": (N(values_of(S(*LOG_MEL)), rule, top_db=40.0), step, 0)
        for rule, step in {"min-max": 1 / 255, "peak": 0.3, "top": 0.4, "mean-std": 0.05}.items()
    },
    "window of limited cepstra": (N(values_of(_CEPSTRAL), "top", top_db=30.0), 8.0, 40),
}


def sound(count: int) -> NDArray[np.int16]:
    """Loud, quiet and no noise, the largest steps there are, and a pulse in silence: from whole numbers alone."""
    noise = np.frombuffer(random.Random(1).randbytes(2 * count), "<i2").astype(np.int32)
    place = np.arange(count)
    kinds = [
        noise,
        noise >> 5,
        noise >> 10,
        0 * noise,
        np.where(place * 37 % 256 < 128, 32767, -32768),
        np.where(place % 301 == 0, 32767, 0),
        (noise >> 3) + 20000,
    ]
    which = place * 2 * len(kinds) // count % len(kinds)
    return np.choose(which, kinds).clip(-32768, 32767).astype(np.int16)


def checksums(settings: FrontEndSettings, scale: float, zero: int) -> dict[str, str]:
    """CRC-32 of the tables, of what each stage gives for each column, and of windows' cells where a kind has such.

    Beside them the bytes of memory that a stream needs, on a machine of 64 bits: a kind that takes more may not fit.
    """
    front_end = FrontEnd(settings, scale, zero)
    samples = sound(settings.samples_for(COLUMNS))
    found = {"tables": zlib.crc32(front_end.image), "memory": front_end.memory_bytes}
    for column in range(COLUMNS):
        for stage, data in front_end.capture(samples, column).items():
            found[stage] = zlib.crc32(data, found.get(stage, 0))
    columns = front_end.features(samples)
    found["columns"] = zlib.crc32(columns.tobytes())
    found["values"] = zlib.crc32(front_end.values(samples).tobytes())
    if kind_of(settings).normaliser is not None:
        cells = [front_end.window(columns[at : at + 5]) for at in range(0, COLUMNS - 5, 3)]
        found["windows' cells"] = zlib.crc32(np.concatenate(cells).tobytes())
    return {name: f"{value:08x}" for name, value in found.items()}


def main() -> None:
    """Write the file."""
    found = {name: checksums(*shape) for name, shape in SHAPES.items()}
    rows = [f" {json.dumps(name)}: {json.dumps(values)}" for name, values in found.items()]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
