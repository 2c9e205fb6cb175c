"""The model: every output of every window equals the reference interpreter's, with tolerance 0."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .toolkit import Bundle, Device, FrontEnd, Interpreter, RequestRefusedError, each_alone
from .toolkit import messages as m

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


@pytest.fixture(autouse=True)
def _inference(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.INFERENCE)


def _windows_of(bundle: Bundle, samples: Int16) -> Int8:
    """int8 [n, frames, bands] of every half window."""
    quantisation = bundle.model.input
    columns = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point).features(samples)
    starts = range(0, len(columns) - bundle.frames + 1, max(1, bundle.frames // 2))
    return np.stack([columns[start : start + bundle.frames] for start in starts])


def _assert_equal_on(device: Device, bundle: Bundle, reference: Interpreter, windows: Int8) -> Int8:
    """Compare sent tensors; returns the reference's scores."""
    expected = each_alone(reference, windows, bundle.model.stateful)
    for index, window in enumerate(windows):
        got = np.frombuffer(device.infer(window).outputs, np.int8)
        assert got.tolist() == expected[index].tolist(), (
            f"tensor {index}: device {got}, host {expected[index]}"
        )
    return expected[:, : len(bundle.labels)]


def test_streamed_audio(device: Device, bundle: Bundle, reference: Interpreter, songs: Int16) -> None:
    comparison = compare_blocks(device, bundle, [songs], reference)
    assert_agreed(comparison)
    assert comparison.outputs.compared > 0


def test_sent_tensors(device: Device, bundle: Bundle, reference: Interpreter, songs: Int16) -> None:
    _assert_equal_on(device, bundle, reference, _windows_of(bundle, songs)[:24])


def test_extreme_tensors(device: Device, bundle: Bundle, reference: Interpreter) -> None:
    shape = (bundle.frames, bundle.settings.bands)
    rng = np.random.default_rng(11)
    windows = [np.full(shape, value, np.int8) for value in (-128, -1, 0, 1, 127)]
    windows.append(np.where(np.indices(shape).sum(axis=0) % 2, 127, -128).astype(np.int8))
    windows += [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(10)]
    _assert_equal_on(device, bundle, reference, np.stack(windows))


def test_ambiguous_tensors(device: Device, bundle: Bundle, reference: Interpreter, songs: Int16) -> None:
    """A saturated sigmoid hides differences: blends of the clearest windows pass through every score between them."""
    windows = _windows_of(bundle, songs)
    scores = each_alone(reference, windows, bundle.model.stateful)[:, 0].astype(int)
    if np.ptp(scores) < 8:
        pytest.skip(f"no window of this sound moves the model's score by more than {np.ptp(scores)} steps")
    low, high = (windows[index].astype(float) for index in (scores.argmin(), scores.argmax()))
    blends = np.stack(
        [np.rint(low + (high - low) * share).astype(np.int8) for share in np.linspace(0, 1, 40)]
    )
    found = _assert_equal_on(device, bundle, reference, blends)[:, 0]
    between = (found > -128) & (found < 127)
    assert np.count_nonzero(between) >= 3, "the blends are not ambiguous"


@pytest.mark.parametrize(
    "part", ["first cell", "last cell", "first column", "last column", "all but the first column"]
)
def test_tensors_that_differ_in_a_part(
    device: Device, bundle: Bundle, reference: Interpreter, songs: Int16, part: str
) -> None:
    """Each is computed from all of its cells: none is taken for the one before."""
    base = _windows_of(bundle, songs)[3]
    where = {
        "first cell": np.s_[0, 0],
        "last cell": np.s_[-1, -1],
        "first column": np.s_[0],
        "last column": np.s_[-1],
        "all but the first column": np.s_[1:],
    }[part]
    windows = np.stack([base] * 6)
    for index, value in enumerate((-128, 127, 0, 90, -90)):
        windows[index + 1][where] = value
    _assert_equal_on(device, bundle, reference, windows)


def test_the_same_tensor_twice_gives_the_same(device: Device, bundle: Bundle, songs: Int16) -> None:
    window = _windows_of(bundle, songs)[0]
    assert device.infer(window).outputs == device.infer(window).outputs


def test_tensors_are_counted(device: Device, bundle: Bundle) -> None:
    before = device.status().inferences
    for _ in range(3):
        device.infer(np.zeros((bundle.frames, bundle.settings.bands), np.int8))
    assert device.status().inferences - before == 3


def test_streamed_and_sent_agree(device: Device, bundle: Bundle, songs: Int16) -> None:
    samples = songs[: bundle.window_samples]
    streamed = [result for result in device.stream([samples]) if isinstance(result, m.WindowResult)]
    quantisation = bundle.model.input
    columns = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point).features(samples)
    assert [window.outputs for window in streamed] == [device.infer(columns).outputs]


def test_a_tensor_of_another_size_is_refused(device: Device, bundle: Bundle) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        device.infer(np.zeros(bundle.frames * bundle.settings.bands - 1, np.int8))
    assert caught.value.code == m.ErrorCode.WRONG_LENGTH
    assert caught.value.error.limit == bundle.frames * bundle.settings.bands


def test_logits_come_with_scores(
    device: Device, bundle: Bundle, needs: Callable[[m.Capability], None]
) -> None:
    if bundle.model.logits is None:
        pytest.skip("this bundle's model gives no logits")
    needs(m.Capability.LOGITS)
    result = device.infer(np.zeros((bundle.frames, bundle.settings.bands), np.int8))
    assert result.has_logits and len(result.outputs) == bundle.model.values
