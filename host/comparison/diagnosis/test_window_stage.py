"""What is wrong in a window stage is read from its values: of a small window, up to each limit."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...trace.stages import Stage
from .tapers import weights_order
from .window_stage import Products, _apart, _of_parts, _of_places, _of_weights, _samples, window_cause

Int64 = NDArray[np.int64]

COUNT = 64
WEIGHTS: Int64 = np.rint((1 << 18) * np.sin(np.pi * np.arange(COUNT) / COUNT) ** 2).astype(np.int64)
SENT: Int64 = np.random.default_rng(4).integers(-9000, 9000, COUNT)


def groups_of(values: Int64) -> list[list[int]]:
    """Of each group the four samples' values, a quarter apart; the groups in the order of reversed bits."""
    quarter = len(values) // 4
    bits = quarter.bit_length() - 1
    return [values[int(f"{group:0{bits}b}"[::-1], 2) :: quarter].tolist() for group in range(quarter)]


def tables(
    weights: Int64 = WEIGHTS,
    mixed: bool = False,
    fft: int = 0,
    placement: str = "centre",
    padding: str = "none",
    emphasis: float = 0.0,
) -> Any:
    ordered = [weight for a, c, b, d in groups_of(weights) for weight in (a, b, c, d)]
    settings = SimpleNamespace(
        is_mixed=mixed,
        fft=fft or len(weights),
        window=len(weights) * 3 // 4,
        window_placement=placement,
        padding=padding,
        pre_emphasis=emphasis,
    )
    return SimpleNamespace(settings=settings, weights=tuple(ordered))


def values_of(products: Int64) -> Int64:
    """Sums and differences of each group's four products."""
    groups = groups_of(products)
    return np.array([[a + b + c + d, a - b, a + b - c - d, d - c] for a, c, b, d in groups]).ravel()


def stage(host: Int64, device: Int64) -> Stage:
    return Stage("window", host.astype("<i4").tobytes(), device.astype("<i4").tobytes())


def cause_of(device: Int64, samples: Int64 | None = SENT, weights: Int64 = WEIGHTS, **more: Any) -> str:
    """Of a window whose values on the device are these."""
    host = values_of(SENT * weights >> 16)
    short = None if samples is None else samples.astype(np.int16)
    found = window_cause(stage(host, device), tables(weights, **more), short)
    return "" if found is None else found.told


# ---- samples


def test_samples_are_read_from_products() -> None:
    products = values_of(-SENT * WEIGHTS >> 16)
    assert cause_of(products) == "samples have their sign flipped"
    assert cause_of(products, None) == "samples have their sign flipped"
    assert cause_of(products, SENT[:-1]) == "samples have their sign flipped"
    one = SENT.copy()
    one[30] = 77
    told = f"of the column's samples 1 is another than sent: number 30 is 77 instead of {SENT[30]:,}"
    assert cause_of(values_of(one * WEIGHTS >> 16)) == told
    assert cause_of(values_of(one * WEIGHTS >> 16), None) == told


def test_the_columns_own_samples_are_found_among_those_streamed() -> None:
    """A window at the FFT's start ends before the FFT does, and mirroring reads a sample more."""
    products = values_of(-SENT * WEIGHTS >> 16)
    assert cause_of(products, np.append(SENT, 5), padding="reflect") == "samples have their sign flipped"
    weights = np.where(np.arange(COUNT) < COUNT * 3 // 4, WEIGHTS, 0)
    products = values_of(-SENT * weights >> 16)
    sent = np.append([7, 8, 9], SENT[: COUNT * 3 // 4])
    assert cause_of(products, sent, weights, placement="start") == "samples have their sign flipped"


def test_what_lies_before_the_stream_is_told_apart() -> None:
    zeros, mirrored = SENT.copy(), SENT.copy()
    zeros[:20] = 0
    begun, among = SENT[20:], "they are among the 20 before the stream's first one, which the front end"
    found = cause_of(values_of(zeros * WEIGHTS >> 16), np.append(begun, 5), padding="reflect")
    assert found.endswith(f"; {among} mirrors")
    mirrored[19] += 5
    found = cause_of(values_of(mirrored * WEIGHTS >> 16), begun, padding="zero")
    assert found.endswith(f"; {among} sets to 0")
    mirrored[20] += 5
    assert among not in cause_of(values_of(mirrored * WEIGHTS >> 16), begun, padding="zero")


def test_emphasis_has_products_of_two_samples() -> None:
    assert cause_of(values_of(-SENT * WEIGHTS >> 16), emphasis=0.97) == ""


def test_samples_that_are_given_count() -> None:
    """Those that the host's values come of are others here, so that all of them seem to be others."""
    products = values_of(-SENT * WEIGHTS >> 16)
    assert cause_of(products, ~SENT) == "+1 is added to each sample"


def test_another_layout_is_not_read() -> None:
    products = values_of(-SENT * WEIGHTS >> 16)
    assert cause_of(products, mixed=True) == ""
    assert cause_of(products, fft=128) == ""
    host = values_of(SENT * WEIGHTS >> 16)
    other = tables(WEIGHTS[:-4], fft=COUNT)
    assert window_cause(stage(host, products), other, None) is None


@pytest.mark.parametrize(("spoilt", "read"), [(1, True), (2, False)])
def test_one_in_fifty_may_be_no_sample(spoilt: int, read: bool) -> None:
    """Of 50 products that tell their samples; the other weights are a little too small."""
    weights = np.where(np.arange(COUNT) < 50, 1 << 17, (1 << 17) - 1)
    products = (SENT + 5) * weights >> 16
    products[:spoilt] = 90000
    told = cause_of(values_of(products), weights=weights)
    assert (told == "+5 is added to each sample") == read


@pytest.mark.parametrize(("weight", "read"), [(1 << 17, True), ((1 << 17) - 1, False)])
def test_from_which_weight_on_a_product_tells_its_sample(weight: int, read: bool) -> None:
    weights = np.full(COUNT, 1 << 16)
    weights[40] = weight
    sent = SENT.copy()
    sent[40] = 5
    told = cause_of(values_of(sent * weights >> 16), weights=weights)
    assert (told == f"{5 - SENT[40]:+,} is added to each sample") == read


def test_which_products_are_those_of_samples() -> None:
    products = np.array([65534, -65536, 65536, -65538, 3, 0, 0, 1, -1, 7])
    weights = np.array([131072] * 4 + [200000, 0, 1, 200000, 1, 65536])
    samples, exact = _samples(products, weights)
    assert exact.tolist() == [True, True, False, False, True, False, True, False, False, True]
    assert samples[exact].tolist() == [32767, -32768, 1, 0, 7]


def test_products_are_taken_out_of_sums() -> None:
    a, b, c, d = 1000, -300, 77, 4040
    right = [a + b + c + d, a - b, a + b - c - d, d - c]
    others = [[right[0] + 1, *right[1:]], [right[0], right[1] + 1, *right[2:]], [*right[:3], right[3] + 1]]
    apart, fits = _apart(np.array([right, *others, [2 * r for r in right]]))
    assert apart[0].tolist() == [a, b, c, d]
    assert apart[4].tolist() == [2 * a, 2 * b, 2 * c, 2 * d]
    assert fits.tolist() == [True, False, False, False, True]


def test_values_that_do_not_go_together_tell_no_samples() -> None:
    device = values_of(-SENT * WEIGHTS >> 16)
    device[1::4] += 1
    assert cause_of(device) == ""


# ---- groups


def test_groups_that_are_taken_from_elsewhere_come_first_and_are_so_in_every_column() -> None:
    """Of weights that are too small a product does not tell its sample, so that not all of a group are known."""
    quarter = COUNT // 4
    heard = SENT.copy()
    for part in range(4):
        heard[part * quarter + 5], heard[part * quarter + 9] = (
            SENT[part * quarter + 9],
            SENT[part * quarter + 5],
        )
    host, device = (values_of(x * WEIGHTS >> 16) for x in (SENT, heard))
    found = window_cause(stage(host, device), tables(), SENT.astype(np.int16))
    assert found is not None
    first, _, rest = found.told.partition("; or, which gives the same here: ")
    assert first == (
        "fe_hann takes other samples for a group of four: in the place of 5 those of 9, in the place of 9 those of 5"
    )
    assert rest and found.cure.startswith("Look at the order of fe_hann's groups (the table fe_reversed")
    assert "; then look at" in found.cure
    (change,) = found.of_column
    column = SENT[::-1].astype(np.int16)
    other = column.copy()
    for part in range(4):
        other[part * quarter + 5], other[part * quarter + 9] = (
            column[part * quarter + 9],
            column[part * quarter + 5],
        )
    assert np.array_equal(change(column), other)
    short = change(column[:50])  # zeros are behind it
    assert len(short) == 50 and np.array_equal(short[:48], other[:48])


def parts(*change: Any) -> str:
    host = np.random.default_rng(5).integers(-5000, 5000, (16, 4))
    device = host.copy()
    for to, sign, of in change:
        device[:, to] = sign * host[:, of]
    found = _of_parts(host.ravel(), device.ravel())
    assert found is None or found.computed
    return "" if found is None else found.told


def test_parts_of_groups() -> None:
    assert parts() == ""
    assert parts((1, -1, 1)) == "of each four values the second is the negative of itself"
    assert parts((0, 1, 3), (3, -1, 2)) == (
        "of each four values the first is the fourth; of each four values the fourth is the negative of the third"
    )
    assert parts((2, 1, 0), (3, 2, 1)) == ""


def test_the_first_part_that_fits_is_told() -> None:
    host = np.tile([5, 7, 7, 9], 8)
    found = _of_parts(host, np.tile([7, 7, 7, 9], 8))
    assert found is not None
    assert found.told == "of each four values the first is the second"


def test_parts_are_told_first_where_more_than_a_group_is_wrong() -> None:
    host = values_of(SENT * WEIGHTS >> 16)
    device = host.reshape(-1, 4)[:, [2, 1, 0, 3]].ravel()
    assert (
        cause_of(device)
        == "of each four values the first is the third; of each four values the third is the first"
    )
    two = np.zeros(COUNT, np.int64)
    two[[4, 60]] = 1000, 3000
    other = two.copy()
    other[[4, 60]] *= -1
    found = window_cause(stage(two, other), tables(), None)
    assert found is not None
    assert found.told == "of each four values the first is the negative of itself"
    two[[5, 60]] = 7, 0
    other[[5, 60]] = 7, 0
    found = window_cause(stage(two, other), tables(), None)
    assert found is None or "of each four" not in found.told


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([63], "only group 15 of four values is wrong, the last one: the loop ends too early; no sample"),
        ([0, 3], "only group 0 of four values is wrong, the first one: the loop begins too late; no sample"),
        ([4], "only group 1 of four values is wrong; no sample"),
        ([4, 9], "only groups 1 to 2 of four values are wrong; no sample"),
        ([0, 9], "only groups 0, 2 of four values are wrong; no sample"),
        ([55, 63], "only groups 13, 15 of four values are wrong; no sample"),
        (list(range(32)), "only groups 0 to 7 of four values are wrong; no sample"),
        (list(range(33)), ""),
    ],
)
def test_groups_that_are_not_written(wrong: list[int], words: str) -> None:
    found = _of_places(np.array(wrong), COUNT)
    assert ("" if found is None else found.told).startswith(words)
    assert bool(words) == bool(found)


def test_a_group_that_is_left_out_is_told() -> None:
    device = values_of(SENT * WEIGHTS >> 16)
    device[60:] = [2000001, 17, 2345, 11]
    assert "group 15 of four values is wrong, the last one" in cause_of(device)


# ---- weights


def weighed(products: Int64, first: int = 10, last: int = 20, whole: bool = True, exact: bool = True) -> str:
    host = SENT * WEIGHTS >> 16
    device = host.copy()
    device[first : last + 1] = products[first : last + 1]
    wholes = np.full(COUNT, whole)
    found = _of_weights(Products(WEIGHTS, host, device, wholes), SENT, np.full(COUNT, exact))
    if found is not None:
        assert found.computed == ("tapered" not in found.told)
    return "" if found is None else found.told


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.full(COUNT, 1 << 18), "no weight: the window is rectangular"),
        (np.append(WEIGHTS[1:], WEIGHTS[0]), "the weight of the next sample"),
        (np.append(WEIGHTS[-1], WEIGHTS[:-1]), "the weight of the sample before"),
        (np.append(WEIGHTS[16:], WEIGHTS[:16]), "the weight of the sample a quarter of the window on"),
        (np.append(WEIGHTS[32:], WEIGHTS[:32]), "the weight of the sample half a window on"),
        (WEIGHTS >> 16 << 16, "the upper 16 bits of its weight"),
        (WEIGHTS * WEIGHTS >> 18, "the square of its weight"),
    ],
)
def test_other_weights(weights: Int64, words: str) -> None:
    products = SENT * weights >> 16
    assert weighed(products, 33, 43) == f"samples 33 to 43 of the window are multiplied by {words}"
    assert weighed(products, 10, 10) == f"sample 10 of the window is multiplied by {words}"


def test_other_roundings() -> None:
    exact = SENT * WEIGHTS / 65536
    words = "products of samples and weights are rounded {} instead of down"
    assert weighed(np.floor(exact + 0.5).astype(np.int64), 0, 63) == words.format("to the nearest")
    assert weighed(np.ceil(exact).astype(np.int64), 0, 63) == words.format("up")


def test_products_that_are_no_others() -> None:
    host = SENT * WEIGHTS >> 16
    assert weighed(host) == ""
    assert weighed(host * 2, whole=False) == ""
    assert weighed(host * 2, exact=False) == ""
    assert (
        weighed(host * 2)
        == "samples 10 to 20 of the window are tapered wrongly: the products are twice what they must be"
    )
    assert weighed(np.random.default_rng(9).integers(-30000, 30000, COUNT)) == ""


def test_a_window_of_other_weights_is_told() -> None:
    """Products so large that they are no samples' with the right weights."""
    sent = np.where(np.arange(COUNT) % 2, 32000, -32000)
    host, device = values_of(sent * WEIGHTS >> 16), values_of(sent << 2)
    found = window_cause(stage(host, device), tables(), sent.astype(np.int16))
    assert found is not None
    assert found.told.endswith("of the window are multiplied by no weight: the window is rectangular")


def test_the_order_of_values() -> None:
    assert weights_order(16).tolist() == [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15]
    assert weights_order(4).tolist() == [0, 2, 1, 3]


def test_two_values_of_one_group_are_no_parts() -> None:
    host, device = np.zeros(COUNT, np.int64), np.zeros(COUNT, np.int64)
    host[[4, 5]], device[[4, 5]] = [1000, 3000], [-1000, -3000]
    found = window_cause(stage(host, device), tables(), None)
    assert found is None or "of each four" not in found.told


# ---- weights from other places


def from_table(source: Int64) -> Int64:
    """The products of weights that are read from these places of the table."""
    order = weights_order(COUNT)
    other = np.empty(COUNT, np.int64)
    other[order] = WEIGHTS[order][source]
    return SENT * other >> 16


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.arange(COUNT) % 16, "weights that are read anew from the table's beginning every 16"),
        (np.arange(COUNT) % 8, "weights that are read anew from the table's beginning every 8"),
        ((np.arange(COUNT) + 1) % COUNT, "the weight 1 further on in the table"),
        (
            np.arange(COUNT) // 4 * 4 + np.array([0, 2, 1, 3])[np.arange(COUNT) % 4],
            "together (at 0, a half, a quarter and three quarters of the window): the second by the third's weight, "
            "the third by the second's weight",
        ),
        (
            np.arange(COUNT) // 4 * 4 + np.array([1, 2, 0, 3])[np.arange(COUNT) % 4],
            "the first by the second's weight, the second by the third's weight, the third by the first's weight",
        ),
        ((np.arange(COUNT) - 4) % COUNT, "the weight 4 before it in the table"),
    ],
)
def test_weights_from_other_places_of_the_table_are_told(source: Int64, words: str) -> None:
    assert cause_of(values_of(from_table(source))).endswith(words)
