"""Each form of a power, and each way to bring a segment's bins together, as its words say."""

import numpy as np

from .power_forms import GATHERED, POWERS

# At -40 and 30 (their squares are 1600 and 900), and at 20,000 and -15,000, where squares are shifted by 15 bits.
AT = {
    "its real part's square, twice": (3200, 800_000_000),
    "its imaginary part's square, twice": (1800, 450_000_000),
    "the difference of both squares": (700, 175_000_000),
    "both squares OR-ed": (1988, 400_000_000 | 225_000_000),
    "the larger of both squares": (1600, 400_000_000),
    "the smaller of both squares": (900, 225_000_000),
    "the product of both parts": (-1200, -300_000_000),
    "twice the product of both parts": (-2400, -600_000_000),
    "the square of both parts' sum": (100, 25_000_000),
    "the square of both sizes' sum": (4900, 1_225_000_000),
    "the square of the larger size and half of the smaller": (3025, 27_500**2),
    "the square of the larger size and a quarter of the smaller": (2209, 23_750**2),
    "the square of the larger size and 3/8 of the smaller": (2500, 25_625**2),
    "the square of the larger size and 3/8 of the smaller, rounded down once": (2601, 25_625**2),
    "both sizes' sum, not squared": (70 * 32_768, 35_000 * 32_768),
    "its magnitude (the root is taken)": (50 * 32_768, 25_000 * 32_768),
    "both squares, each shifted before they are added": (0, (12_207 + 6866) * 32_768),
    "it, at most 32,767": (0, 19_073 * 32_768),
}


def test_powers_are_what_their_words_say() -> None:
    a, b = np.array([-40, 20_000]), np.array([30, -15_000])
    assert {words: tuple(power(a, b).tolist()) for words, power in POWERS.items()} == AT
    assert POWERS["the larger of both squares"](b, a).tolist() == [1600, 400_000_000]
    loud = np.array([32_767])
    assert POWERS["it, at most 32,767"](loud, loud).tolist() == [32_767 * 32_768]


def test_bins_are_brought_together_as_the_words_say() -> None:
    found = {words: gathered(np.array([5, 12, 3])) for words, gathered in GATHERED.items()}
    assert found == {
        "added": 20,
        "OR-ed": 15,
        "XOR-ed": 10,
        "replaced by the largest": 12,
        "replaced by the last": 3,
        "replaced by the first": 5,
        "replaced by their mean": 6,
    }
    for gathered in GATHERED.values():
        assert gathered(np.array([], np.int64)) == 0 and gathered(np.array([7])) == 7
