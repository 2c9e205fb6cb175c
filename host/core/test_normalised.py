"""Windows related to their own least, largest or mean: float64 says what, and device and host compute the same bits."""

from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..checkout import ROOT
from ..frontend.kinds import kind_of, settings_from, values_of
from ..frontend.log_mel.float_frontend import logmel_db
from ..frontend.log_mel.settings import LogMelSettings, per_db
from ..frontend.mfcc.float_frontend import coefficients
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.normalised.settings import RULES, NormalisedSettings
from ..frontend.normalised.tables import build_tables
from ..frontend.normalised.windows import cells_of, unclamped
from ..frontend.settings import SettingsError
from ..frontend.signals import all_signals
from .c_frontend import FrontEnd
from .parsed import parsed

pytestmark = pytest.mark.native
LEVELS = """
typedef struct level_bytes { int32_t factor; uint32_t shift; int64_t bias; } level_bytes;
void level_bytes_of(const level_bytes *levels, const int32_t *values, size_t bands, int8_t *cells, int32_t *shown);
"""

N = NormalisedSettings
LOG_MEL: dict[str, Any] = {
    "kind": "log-mel",
    "sample_rate": 16000,
    "window": 400,
    "hop": 160,
    "fft": 512,
    "bands": 40,
    "fmin": 20.0,
    "fmax": 8000.0,
    "log_floor_db": -80.0,
}
MFCC: dict[str, Any] = {**LOG_MEL, "kind": "mfcc", "mel_bands": 40, "bands": 13}
FRAMES = 50
# Each with a step that spreads what there is over int8.
CASES: dict[str, tuple[NormalisedSettings, float, int]] = {
    "min-max": (N(LOG_MEL, "min-max"), 1 / 255, -128),
    "min-max, turned round": (N(LOG_MEL, "min-max", scale=-2.0, offset=1.0), 2 / 255, 0),
    "min-max, natural logarithm of a magnitude": (
        N({**LOG_MEL, "logarithm": "ln", "spectrum": "magnitude", "log_offset": 1e-4}, "min-max"),
        1 / 255,
        -128,
    ),
    "peak": (N(LOG_MEL, "peak"), 80 / 255, 127),
    "peak, 40 dB": (N(LOG_MEL, "peak", top_db=40.0, scale=1 / 40, offset=1.0), 1 / 200, -100),
    "top": (N(LOG_MEL, "top", top_db=50.0), 0.41, 67),
    "top, own affine input": (
        N({**LOG_MEL, "logarithm": "ln"}, "top", top_db=30.0, scale=0.5, offset=2.0),
        0.05,
        30,
    ),
    "top of coefficients": (N({**MFCC, "log_floor_db": -100.0}, "top", top_db=40.0), 3.0, 60),
    "top of coefficients, odd bands, lifter": (
        N({**MFCC, "mel_bands": 23, "bands": 23, "lifter": 22.0}, "top", top_db=30.0),
        8.0,
        40,
    ),
    "top of coefficients, own affine input": (
        N(
            {**MFCC, "logarithm": "ln", "scale": 0.5, "offset": 3.0, "fft": 480, "window": 480},
            "top",
            top_db=50.0,
            scale=-2.0,
            offset=1.0,
        ),
        0.9,
        -20,
    ),
    "mean-std": (N(LOG_MEL, "mean-std"), 8 / 255, 0),
    "mean-std of coefficients": (N(MFCC, "mean-std"), 8 / 255, 10),
    "min-max of coefficients": (N({**MFCC, "lifter": 22.0, "dct_norm": "none"}, "min-max"), 1 / 255, -128),
}


def float_cells(shape: NormalisedSettings, samples: NDArray[np.int16], scale: float, zero: int) -> Any:
    """What a notebook makes of one window."""
    inner = shape.inner
    if shape.before_dct:
        assert isinstance(inner, MfccSettings)
        decibel = logmel_db(inner.log_mel, samples)
        limited = np.maximum(decibel, decibel.max() - shape.top_db) * per_db(inner.logarithm, inner.spectrum)
        found = librosa.feature.mfcc(S=limited.T, n_mfcc=inner.bands, lifter=inner.lifter).T
        found = inner.scale * found + inner.offset
        return np.clip(np.floor((shape.scale * found + shape.offset) / scale + zero + 0.5), -128, 127)
    if isinstance(inner, LogMelSettings):
        features = logmel_db(inner, samples) * inner.features_per_unit
    else:
        assert isinstance(inner, MfccSettings)
        features = coefficients(inner, samples)
    low, high = features.min(), features.max()
    if shape.normalisation == "top":
        found = np.maximum(features, high - shape.top_db * inner.features_per_unit)
    elif high - low < 1e-9:
        found = np.zeros_like(features)
    elif shape.normalisation == "min-max":
        found = (features - low) / (high - low)
    elif shape.normalisation == "peak":
        found = np.maximum(features - high, -shape.top_db)
    else:
        found = (features - features.mean()) / features.std()
    return np.clip(np.floor((shape.scale * found + shape.offset) / scale + zero + 0.5), -128, 127)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_windows_are_what_float64_makes_of_them(case: str) -> None:
    shape, scale, zero = CASES[case]
    front_end = FrontEnd(shape, scale, zero)
    equal = []
    for name, samples in all_signals(16000, shape.samples_for(FRAMES)).items():
        cells = front_end.window(front_end.features(samples))
        assert cells.shape == (FRAMES, shape.model_bands)
        difference = np.abs(cells - float_cells(shape, samples, scale, zero))
        assert difference.max() <= 1, f"{name}: off by {difference.max()}"
        equal.append(difference == 0)
    assert np.mean(np.concatenate(equal)) >= 0.99


FACTORS = [(1, 0, 0), (-1, 65540, 0), (5, -90, 2), (2**31 - 1, 7, 40), (-(2**31), 2**56, 40)]


@pytest.mark.parametrize(("factor", "bias", "shift"), FACTORS)
def test_a_level_is_counted_from_0_to_65535_and_stands_in_two_bytes(
    factor: int, bias: int, shift: int
) -> None:
    ffi = parsed(LEVELS)
    core = ffi.dlopen(str(core_library()))
    spread = 512 if shift == 40 else 1
    values = spread * np.arange(-9, 65549)
    levels = np.clip((values * factor + bias) >> shift, 0, 65535)
    assert len(set(levels)) > 30_000
    given, shown = ffi.new("int32_t[]", values.astype(int).tolist()), ffi.new("int32_t[]", len(values))
    cells = ffi.new("int8_t[]", 2 * len(values))
    of = ffi.new("level_bytes *", (factor, shift, bias))
    core.level_bytes_of(of, given, len(values), cells, shown)
    assert (np.frombuffer(ffi.buffer(shown), np.int32) == levels).all()
    high, low = np.frombuffer(ffi.buffer(cells), np.int8).reshape(2, -1)
    assert (high == (levels >> 8) - 128).all() and (low == (levels & 255) - 128).all()


@settings(max_examples=60)
@given(data=st.data())
def test_the_host_and_the_device_compute_the_same_bits(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    scale = data.draw(st.sampled_from([1.0, -1.0, 0.01, 300.0]))
    shape = N(LOG_MEL, rule, scale=scale, offset=data.draw(st.sampled_from([0.0, 0.5, -3.0])))
    step = abs(scale) * data.draw(st.sampled_from([1 / 255, 1 / 10, 80 / 255]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    frames, spread = data.draw(st.integers(1, 90)), data.draw(st.sampled_from([1, 2, 300, 65536]))
    levels = rng.integers(0, 65537 - spread) + rng.integers(0, spread, (frames, 40))
    columns = np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)
    zero = data.draw(st.integers(-128, 127))
    front_end = FrontEnd(shape, step, zero)
    normaliser = build_tables(shape, step, zero).normaliser
    np.testing.assert_array_equal(front_end.window(columns), cells_of(normaliser, columns[None])[0])


@pytest.mark.parametrize(
    ("rule", "windows"), [("mean-std", 3000), ("min-max", 300), ("peak", 50), ("top", 50)]
)
def test_each_bit_of_what_a_windows_cells_have_in_common_counts(rule: str, windows: int) -> None:
    """Many small windows of levels that lie close together: the last bit of a mean shows in one cell of thousands."""
    shape, step = N(LOG_MEL, rule), 1 / 100 if rule == "mean-std" else 1 / 255
    front_end, normaliser = FrontEnd(shape, step, 3), build_tables(shape, step, 3).normaliser
    rng = np.random.default_rng(1)
    for spread in rng.choice([3, 5, 20, 40, 3000], windows):
        levels = rng.integers(0, 60000) + rng.integers(0, spread, (rng.integers(1, 4), 40))
        columns = np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)
        assert front_end.window(columns).tobytes() == cells_of(normaliser, columns[None])[0].tobytes()


@settings(max_examples=60)
@given(data=st.data())
def test_the_host_and_the_device_compute_the_same_coefficients(data: st.DataObject) -> None:
    mel = data.draw(st.integers(1, 40))
    values = {**MFCC, "mel_bands": mel, "bands": data.draw(st.integers(1, mel))}
    shape = N(values, "top", top_db=data.draw(st.sampled_from([1.0, 30.0, 200.0])), scale=-3.0)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    frames, spread = data.draw(st.integers(1, 20)), data.draw(st.sampled_from([1, 2, 3000, 65536]))
    levels = rng.integers(0, 65537 - spread) + rng.integers(0, spread, (frames, mel))
    columns = np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)
    step, zero = data.draw(st.sampled_from([0.1, 1.0, 10.0])), data.draw(st.integers(-128, 127))
    normaliser = build_tables(shape, step, zero).normaliser
    cells = FrontEnd(shape, step, zero).window(columns)
    np.testing.assert_array_equal(cells, cells_of(normaliser, columns[None])[0])
    np.testing.assert_array_equal(
        np.clip(np.floor(unclamped(normaliser, columns[None])[0] + 0.5), -128, 127), cells
    )


@pytest.mark.parametrize("case", CASES)
def test_silence_has_a_value(case: str) -> None:
    shape, scale, zero = CASES[case]
    front_end = FrontEnd(shape, scale, zero)
    columns = front_end.features(np.zeros(shape.samples_for(FRAMES), np.int16))
    found = front_end.window(columns)
    of = float_cells(shape, np.zeros(shape.samples_for(FRAMES), np.int16), scale, zero)
    if (
        "coefficients" not in case and "top" not in case
    ):  # of these the 0th differs from the others even in silence
        assert (found == np.clip(np.floor(shape.offset / scale + zero + 0.5), -128, 127)).all()
    np.testing.assert_array_equal(found, of)


def test_one_different_cell_and_the_largest_spread_have_values() -> None:
    for rule in RULES:
        shape = N(LOG_MEL, rule)
        normaliser = build_tables(shape, 1 / 100, 0).normaliser
        for levels in (
            np.eye(1, 40 * FRAMES, 7, int),
            65535 * (np.arange(40 * FRAMES) % 2),
            1 - np.eye(1, 2000, 3, int),
        ):
            flat = levels.reshape(FRAMES, 40)
            columns = np.concatenate([(flat >> 8) - 128, (flat & 255) - 128], axis=1).astype(np.int8)
            cells = cells_of(normaliser, columns[None])[0].astype(float)
            if rule == "mean-std":
                of = (flat - flat.mean()) / flat.std()
                np.testing.assert_allclose(cells, np.clip(of * 100, -128, 127), atol=0.51)
            np.testing.assert_array_equal(FrontEnd(shape, 1 / 100, 0).window(columns), cells)


def test_halves_go_up_as_exact_arithmetic_has_them() -> None:
    # 255 cells over 652 levels: every 326th step lies on a half. A published model's windows do.
    shape = N(LOG_MEL, "min-max", scale=255.0)
    levels = np.resize(np.arange(653), (17, 40))
    columns = np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)
    exact = (2 * 255 * levels + 652) // (2 * 652) - 128
    np.testing.assert_array_equal(
        cells_of(build_tables(shape, 1.0, -128).normaliser, columns[None])[0], exact
    )
    np.testing.assert_array_equal(FrontEnd(shape, 1.0, -128).window(columns), exact)


GOLDEN = ROOT.parent / "shared" / "models" / "golden" / "biodcase2026.npz"


def test_golden_windows_of_the_challenge() -> None:
    """From its published logarithms to its published inputs: integers over their own range."""
    if not GOLDEN.is_file():
        pytest.skip(f"{GOLDEN.name} is not beside this checkout")
    shape = N({"kind": "microfrontend", "sample_rate": 16000, "window": 480, "hop": 160}, "min-max")
    normaliser = build_tables(shape, 0.003921568859368563, -128).normaliser
    front_end = FrontEnd(shape, 0.003921568859368563, -128)
    with np.load(GOLDEN) as data:
        names = [name.removesuffix("_logmel") for name in data if name.endswith("_logmel")]
        assert len(names) == 8
        for name in names:
            levels = data[f"{name}_logmel"]
            columns = np.concatenate([(levels >> 8) - 128, (levels & 255) - 128], axis=1).astype(np.int8)
            expected = data[f"{name}_input"][0, 0].T
            np.testing.assert_array_equal(cells_of(normaliser, columns[None])[0], expected, err_msg=name)
            np.testing.assert_array_equal(front_end.window(columns), expected, err_msg=name)


def test_settings_survive_a_dict_and_back() -> None:
    for shape, _, _ in CASES.values():
        assert settings_from(values_of(shape)) == shape
        assert kind_of(shape).name == "normalised"
        levels = shape.inner.mel_bands if shape.before_dct else shape.model_bands  # type: ignore[attr-defined]
        assert shape.bands == 2 * levels


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"normalisation": "max-min"}, "normalisation"),
        ({"of": {**LOG_MEL, "kind": "normalised"}}, "of.kind"),
        ({"of": {**LOG_MEL, "kind": ["log-mel"]}}, "of.kind"),
        ({"of": 3}, "of is 3"),
        ({"of": {**LOG_MEL, "fft": 300}}, "fft"),
        ({"of": {**LOG_MEL, "scale": -1.0}}, "negative scale"),
        ({"of": MFCC, "normalisation": "peak"}, "no dB"),
        ({"top_db": 0.0}, "top_db"),
        ({"top_db": float("nan")}, "top_db"),
        ({"scale": 0.0}, "scale"),
        ({"offset": 1e9}, "offset"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_from({"kind": "normalised", "of": LOG_MEL, "normalisation": "min-max", **values})


@pytest.mark.parametrize(("scale", "zero"), [(0.0, 0), (float("inf"), 0), (1e-9, 0), (1e20, 0), (1.0, 200)])
def test_quantisers_that_make_no_sense_are_refused(scale: float, zero: int) -> None:
    with pytest.raises(SettingsError):
        build_tables(N(LOG_MEL, "min-max"), scale, zero)
