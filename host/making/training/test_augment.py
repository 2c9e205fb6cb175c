"""Augmentation changes what it should and keeps to the limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from .augment import NONE, Augmentation, Units, augmented, gain_and_tilt, mask, mix, shift, stretch

UNITS = Units(0.05, 2.0, -2.5, 2.6)


def _batch(seed: int = 1, n: int = 6) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (n, 61, 40)).astype(np.float32)


def test_gain_alone_shifts_a_window_as_a_whole() -> None:
    batch = _batch()
    out = gain_and_tilt(np.random.default_rng(2), batch, Augmentation(gain_db=10.0, tilt_db=0.0), UNITS)
    shift = (out - batch).reshape(len(batch), -1)
    assert np.all(np.ptp(shift, axis=1) < 1e-5)
    assert 0.0 < np.max(np.abs(shift)) <= 0.5 + 1e-6  # 10 dB are 0.5 feature units


def test_mixing_equal_windows_at_0_db_doubles_the_power() -> None:
    batch = _batch(n=1)
    plan = Augmentation(mix_probability=1.0, mix_snr_db=(0.0, 0.0))
    out = mix(np.random.default_rng(3), batch, batch, plan, UNITS)
    assert np.allclose(out - batch, 0.05 * 10.0 * np.log10(2.0), atol=1e-4)


def test_mixing_at_a_high_ratio_changes_little() -> None:
    batch = np.zeros((2, 61, 40), np.float32)
    plan = Augmentation(mix_probability=1.0, mix_snr_db=(40.0, 40.0))
    out = mix(np.random.default_rng(3), batch, batch - 1.0, plan, UNITS)
    assert np.max(np.abs(out - batch)) < 1e-3


def test_masks_touch_stripes_only() -> None:
    batch = _batch(n=20)
    out = mask(
        np.random.default_rng(5), batch, Augmentation(mask_probability=1.0, mask_frames=8, mask_bands=4)
    )
    changed = out != batch
    assert changed.any()
    for window in changed:
        rows, columns = window.all(axis=1), window.all(axis=0)
        assert rows.sum() <= 8 and columns.sum() <= 4
        assert not np.any(window[~rows][:, ~columns])


def test_a_shift_moves_bands_and_nothing_else() -> None:
    batch = np.tile(np.arange(40, dtype=np.float32), (50, 61, 1))
    out = shift(np.random.default_rng(4), batch, Augmentation(shift_bands=3))
    steps = out[:, 0, 20] - 20.0
    assert set(steps.tolist()) == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}
    assert np.array_equal(out, np.clip(batch + steps[:, np.newaxis, np.newaxis], 0.0, 39.0))


def test_a_stretched_window_runs_within_itself_at_another_pace() -> None:
    batch = np.tile(np.arange(61, dtype=np.float32)[:, np.newaxis], (200, 1, 4))
    out = stretch(np.random.default_rng(6), batch, Augmentation(stretch=0.25))
    assert out.dtype == np.float32 and out.min() >= 0.0 and out.max() <= 60.0
    pace = out[:, 1, 0] - out[:, 0, 0]
    assert pace.min() < 0.85 and pace.max() > 1.2
    assert np.all((pace > 0.799) & (pace < 1.251))
    slower = out[pace < 1.0]
    assert np.allclose(np.diff(slower[:, :, 0], axis=1), pace[pace < 1.0][:, np.newaxis], atol=1e-3)
    assert len(set(np.round(slower[:, 0, 0], 3).tolist())) > 10  # it begins anywhere
    faster = out[pace > 1.1]
    assert np.all(faster[:, 0, 0] == 0.0) and np.all(faster[:, -1, 0] < 60.0)  # mirrored at the end


def test_nothing_is_nothing_and_limits_hold() -> None:
    batch = _batch()
    rng = np.random.default_rng(1)
    assert np.array_equal(augmented(rng, batch, batch, NONE, UNITS), batch)
    wild = augmented(rng, batch, batch, Augmentation(gain_db=100.0), UNITS)
    assert wild.min() >= UNITS.lowest and wild.max() <= UNITS.highest


def test_the_same_seed_gives_the_same_change() -> None:
    one, two = (
        augmented(np.random.default_rng(9), _batch(), _batch(2), Augmentation(), UNITS) for _ in range(2)
    )
    assert one == pytest.approx(two, abs=0.0)
