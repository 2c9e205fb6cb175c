"""A board whose limits are its bundle's: everything that it has is used to the last place, and nothing behind that.

The target is compiled with checks of every index into an array, so that one step too far ends the process.
"""

import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from ..bundle.image import bundle_image
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import values_of
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.settings import FrontEndSettings
from ..link import messages as m
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
BANDS = 40
CEPSTRAL = MfccSettings(8000, 256, 128, 256, BANDS, BANDS, 0.0, 4000.0, -80.0)
SETTINGS: dict[str, FrontEndSettings | None] = {
    "log-mel": None,
    "mfcc": CEPSTRAL,
    "normalised": NormalisedSettings(values_of(CEPSTRAL), "min-max"),
    "mfcc-top": NormalisedSettings(values_of(CEPSTRAL), "top"),
    "log-mel-mixed": LogMelSettings(8000, 200, 100, 200, BANDS, 0.0, 4000.0, -80.0),
    "biodcase-2026": Biodcase2026Settings(8000, 512, 256, BANDS, 100.0, 3900.0),
}
SOUND = np.random.default_rng(4).integers(-9000, 9000, 60_000).astype("<i2")


def exact(bundle: Bundle) -> list[str]:
    """Limits for the compiler."""
    cells = bundle.frames * bundle.settings.bands
    return [
        f"-DCORE_MAX_BANDS={BANDS}",
        f"-DCORE_MAX_CELLS={cells}",
        f"-DCORE_MAX_CLASSES={len(bundle.labels)}",
    ]


@pytest.mark.parametrize("name", SETTINGS)
def test_limits_that_are_just_enough_are_enough(tmp_path: Path, name: str) -> None:
    built_in = load_bundle(DEFAULT_BUNDLE)
    bundle = replace(built_in, settings=SETTINGS[name] or built_in.settings)
    assert bundle.settings.model_bands == BANDS
    target = FakeTarget(build_target(tmp_path, bundle, exact(bundle)), bundle)
    ends = bundle.model.input
    columns = FrontEnd(bundle.settings, ends.scale, ends.zero_point).features(SOUND)
    assert len(columns) > bundle.frames + 2 * bundle.stride
    data = SOUND.tobytes()
    audio = [m.Audio(data[at : at + 1024]) for at in range(0, len(data), 1024)]
    flags = m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE
    answers = target.ask(m.StreamStart(5, flags), *audio, m.StreamEnd(5))
    assert b"".join(part.cells for part in answers if isinstance(part, m.Features)) == columns.tobytes()
    assert sum(isinstance(part, m.WindowResult) for part in answers) > 2
    cells = columns[: bundle.frames].tobytes()
    pieces = [m.TensorData(at, cells[at : at + 1000]) for at in range(0, len(cells), 1000)]
    (result,) = target.ask(m.TensorBegin(1, len(cells)), *pieces)
    assert isinstance(result, m.TensorResult)


def test_two_bytes_a_cell_are_held_against_a_columns_room(tmp_path: Path) -> None:
    """Where columns have more bands than 128 they have one byte for each: half as many have two."""
    built_in = load_bundle(DEFAULT_BUNDLE)
    limits = ["-DFE_ALL_KINDS", "-DCORE_MAX_BANDS=200", "-DCORE_MAX_CELLS=65535"]
    target = FakeTarget(build_target(tmp_path, built_in, limits), flash_size=1 << 18)
    for bands, state in ((100, m.DeployState.ACTIVE), (101, m.DeployState.REFUSED)):
        for normalise, coefficients in (("top", BANDS), ("min-max", bands)):
            inner = MfccSettings(8000, 256, 128, 256, bands, coefficients, 0.0, 4000.0, -80.0)
            settings = NormalisedSettings(values_of(inner), normalise)
            image = bundle_image(replace(built_in, settings=settings, name="other"))
            begin = m.DeployBegin(len(image), zlib.crc32(image), sha256(image).digest())
            pieces = [m.DeployData(at, image[at : at + 1000]) for at in range(0, len(image), 1000)]
            answer = target.ask(begin, *pieces, m.DeployCommit())[-1]
            assert isinstance(answer, m.DeployStatus) and answer.state == state
