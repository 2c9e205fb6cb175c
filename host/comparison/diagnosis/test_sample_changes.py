"""What is done to samples in the hypotheses about them, sample by sample."""

import numpy as np
import pytest

from .samples import _CHANGES

pytestmark = pytest.mark.native
CHANGES = {name: change for name, _, _, change in _CHANGES}


@pytest.mark.parametrize(
    ("name", "samples", "changed"),
    [
        ("doubled", [1, 2, 3, 4, 5], [1, 1, 3, 3, 5]),
        ("doubled", [1, 2, 3, 4], [1, 1, 3, 3]),
        ("32767 lost", [5, 32767, 32767, 6, 32767], [5, 5, 5, 6, 6]),
        ("-32768 lost", [5, -32768, 6], [5, 5, 6]),
        ("32767 as 0", [32767, 1], [0, 1]),
        ("-32768 as 0", [-32768, 32767], [0, 32767]),
        ("-32768 as 32767", [-32768, 3], [32767, 3]),
        ("32767 as -32768", [32767, 3], [-32768, 3]),
    ],
)
def test_a_change_of_samples(name: str, samples: list[int], changed: list[int]) -> None:
    found = CHANGES[name](np.array(samples, np.int16))
    assert found.tolist() == changed and found.dtype == np.dtype(np.int16)


@pytest.mark.parametrize("count", [64, 128, 256, 512])
def test_the_mean_of_pieces_is_cut_towards_zero(count: int) -> None:
    samples = np.concatenate([np.full(count, -32768), np.full(count, 7), [9, 9]]).astype(np.int16)
    samples[0], samples[count] = -32767, 6
    found = CHANGES[f"mean of {count} off"](samples)
    assert found[:2].tolist() == [0, -1] and found[count : count + 2].tolist() == [0, 1]
    assert found[-2:].tolist() == [9, 9], "no whole piece"
