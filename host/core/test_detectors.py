"""Every kind of detector in C and in Python: the same changes from the same scores, whatever the parameters."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..bundle.write import prepare_bundle
from ..detector.argmax import Argmax, Int8Winner
from ..detector.detector import Change, Detector
from ..detector.kinds import KINDS
from ..detector.mean_window import Int8Means, MeanWindow
from ..detector.n_of_m import Int8Votes, NOfM
from ..detector.rule import DEFAULT, Int8Rule
from ..detector.settings import DetectorSettings, Window
from ..detector.threshold import Int8Thresholds, Threshold
from ..model.samples import TESTDATA, sample_values
from .test_bundle_image import OK, Parsed, allocator, assembled, declarations

pytestmark = pytest.mark.native

FUNCTIONS = """
const detector_kind *detector_kind_named(const char *name);
size_t detector_memory_bytes(const core_bundle *bundle);
void detector_init(detector_state *detector, const core_bundle *bundle, void *memory);
void detector_reset(detector_state *detector);
void detector_window(detector_state *detector, const int8_t *scores);
bool detector_change(detector_state *detector, uint8_t label, bool *active, int8_t *score);
void *malloc(size_t size);
void free(void *memory);
"""


@cache
def library() -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(declarations("detect/detector.h"))
    ffi.cdef(FUNCTIONS)
    return ffi, ffi.dlopen(str(core_library()))


class CDetector:
    """The firmware's detector with a rule, in memory of exactly its size that begins with whatever lay there."""

    def __init__(self, rule: Int8Rule, window: Window) -> None:
        ffi, self._core = library()
        self._ffi = ffi
        classes = len(rule.on)
        self._parameters = ffi.new("uint8_t[]", rule.parameters() or b"\0")
        self._bundle = ffi.new("core_bundle *")
        self._bundle.frames, self._bundle.stride, self._bundle.classes = *window, classes
        for c_values, values in (
            (self._bundle.on_threshold, rule.on),
            (self._bundle.off_threshold, rule.off),
            (self._bundle.detect, map(int, rule.detect)),
        ):
            c_values[0:classes] = list(values)
        self._bundle.detector = self._core.detector_kind_named(rule.kind.encode())
        self._bundle.detector_parameters = self._parameters
        self._bundle.detector_length = len(rule.parameters())
        self.accepted = bool(self._bundle.detector.check(self._bundle))
        if not self.accepted:
            return
        self.size = size = int(self._core.detector_memory_bytes(self._bundle))
        self._memory = ffi.gc(allocator().malloc(size), allocator().free)
        ffi.memmove(self._memory, b"\xa5" * size, size)
        self._state = ffi.new("detector_state *")
        self._core.detector_init(self._state, self._bundle, self._memory)
        self._window = 0

    def reset(self) -> None:
        self._core.detector_reset(self._state)
        self._window = 0

    def update(self, scores: Any) -> list[Change]:
        found = []
        active, score = self._ffi.new("bool *"), self._ffi.new("int8_t *")
        for row in scores:
            self._core.detector_window(self._state, row.tobytes())
            for label in range(len(row)):
                while self._core.detector_change(self._state, label, active, score):
                    found.append(Change(self._window, label, bool(active[0]), int(score[0])))
            self._window += 1
        return found


int8 = st.integers(-128, 127)
windows = st.builds(Window, st.integers(1, 40), st.integers(1, 12))


@st.composite
def rules(draw: st.DrawFn, kind: str) -> tuple[Int8Rule, Window]:
    """A rule as a bundle may give it, its thresholds apart class by class, and the bundle's windows."""
    window = draw(windows)
    classes = draw(st.integers(2 if kind == "argmax" else 1, 5))
    detect = tuple(draw(st.lists(st.booleans(), min_size=classes, max_size=classes)))
    pairs = [sorted(draw(st.tuples(int8, int8))) for _ in range(classes)]
    off, on = (tuple(values) for values in zip(*pairs, strict=True))
    if kind == "mean-window":
        cutoff = tuple(max(-127, value) for value in on)
        slices = draw(st.integers(window.stride, window.stride + 60))
        return Int8Means(cutoff, cutoff, detect, draw(st.integers(1, 9)), slices, window), window
    if kind == "argmax":
        return Int8Winner(on, off, detect, draw(st.integers(0, 60) | st.integers(0, 255))), window
    if kind == "n-of-m":
        m = draw(st.integers(1, 8) | st.integers(1, 32))
        votes = Int8Votes(on, off, detect, draw(st.integers(1, m)), m, 1, 1)
        return replace(votes, duration=draw(st.integers(1, 5)), hold=draw(st.integers(1, 9))), window
    return Int8Thresholds(on, off, detect), window


@st.composite
def streams(draw: st.DrawFn, rule: Int8Rule) -> Any:
    """Scores int8 [windows, classes] that dwell near the thresholds, at the ends, or anywhere."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 250))
    on, off = np.array(rule.on), np.array(rule.off)
    near = rng.choice([-2, -1, 0, 1, 2], (count, len(on))) + np.where(
        rng.random((count, len(on))) < 0.5, on, off
    )
    far = rng.integers(-128, 128, near.shape)
    ends = rng.choice([-128, 127], near.shape)
    which = rng.random(near.shape)
    share = draw(st.sampled_from((0.2, 0.5, 0.9)))
    mixed = np.where(which < share, near, np.where(which < share + (1 - share) / 2, far, ends))
    held = np.repeat(mixed, draw(st.integers(1, 6)), axis=0)[:count]
    return held.clip(-128, 127).astype(np.int8)


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_c_and_python_decide_alike(kind: str, data: st.DataObject) -> None:
    rule, window = data.draw(rules(kind))
    first, second = data.draw(streams(rule)), data.draw(streams(rule))
    device = CDetector(rule, window)
    assert device.accepted
    assert device.update(first) == Detector(rule).update(first)
    device.reset()  # a new stream: nothing of the one before is left
    assert device.update(second) == Detector(rule).update(second)


@pytest.mark.parametrize("kind", KINDS)
def test_streams_like_those_decide_something(kind: str) -> None:
    """The test above holds long lists of changes against each other, of both directions."""
    found: list[list[Change]] = []

    @given(st.data())
    def collect(data: st.DataObject) -> None:
        rule, _ = data.draw(rules(kind))
        found.append(Detector(rule).update(data.draw(streams(rule))))

    collect()
    for way in (True, False):
        assert sum(change.active == way for changes in found for change in changes) > len(found) / 2


UNSOUND: list[tuple[str, Int8Rule, Window]] = [
    ("more slices than any", Int8Means((5,), (5,), (True,), 5, 10_001, Window(3, 3)), Window(3, 3)),
    ("no windows", Int8Means((5,), (5,), (True,), 0, 100, Window(3, 3)), Window(3, 3)),
    ("more windows than any", Int8Means((5,), (5,), (True,), 1001, 100, Window(3, 3)), Window(3, 3)),
    ("fewer slices than a stride", Int8Means((5,), (5,), (True,), 5, 2, Window(3, 3)), Window(3, 3)),
    ("two cutoffs", Int8Means((5,), (4,), (True,), 5, 100, Window(3, 3)), Window(3, 3)),
    ("cutoff 0", Int8Means((-128,), (-128,), (True,), 5, 100, Window(3, 3)), Window(3, 3)),
    ("one class", Int8Winner((5,), (5,), (True,), 0), Window(3, 3)),
    ("n 0", Int8Votes((5,), (5,), (True,), 0, 3, 1, 1), Window(3, 3)),
    ("n above m", Int8Votes((5,), (5,), (True,), 4, 3, 1, 1), Window(3, 3)),
    ("m above 32", Int8Votes((5,), (5,), (True,), 4, 33, 1, 1), Window(3, 3)),
    ("no duration", Int8Votes((5,), (5,), (True,), 2, 3, 0, 1), Window(3, 3)),
    ("no hold", Int8Votes((5,), (5,), (True,), 2, 3, 1, 0), Window(3, 3)),
]


@pytest.mark.parametrize(
    ("rule", "window"), [case[1:] for case in UNSOUND], ids=[case[0] for case in UNSOUND]
)
def test_unsound_parameters_are_refused(rule: Int8Rule, window: Window) -> None:
    assert not CDetector(rule, window).accepted


JUST_SOUND: list[tuple[str, Int8Rule, Window]] = [
    ("most windows and slices", Int8Means((5,), (5,), (True,), 1000, 10_000, Window(3, 3)), Window(3, 3)),
    ("one window, a stride's slices", Int8Means((5,), (5,), (True,), 1, 3, Window(3, 3)), Window(3, 3)),
    ("least cutoff", Int8Means((-127,), (-127,), (True,), 5, 100, Window(3, 3)), Window(3, 3)),
    ("two classes", Int8Winner((5, 5), (5, 5), (True, True), 255), Window(3, 3)),
    ("m 32", Int8Votes((5,), (5,), (True,), 32, 32, 255, 255), Window(3, 3)),
    ("m 1", Int8Votes((5,), (5,), (True,), 1, 1, 1, 1), Window(3, 3)),
]


@pytest.mark.parametrize("case", JUST_SOUND, ids=[case[0] for case in JUST_SOUND])
def test_parameters_at_their_limits_are_taken(case: tuple[str, Int8Rule, Window]) -> None:
    _, rule, window = case
    scores = np.random.default_rng(2).choice([-128, -127, 4, 5, 6, 127], (1100, len(rule.on))).astype(np.int8)
    device = CDetector(rule, window)
    assert device.accepted
    assert device.update(scores) == Detector(rule).update(scores)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_of_equals_wins_and_what_is_no_worse_stays(first: int) -> None:
    rule = Int8Winner((0, 0, 0, 0), (0, 0, 0, 0), (True,) * 4, 0)
    scores = np.full((3, 4), -50, np.int8)
    scores[0, first:] = 9
    scores[1] = 20  # all alike: without a lead the first of them wins
    scores[2, first:] = 0
    device = CDetector(rule, Window(3, 3))
    found = device.update(scores)
    assert found == Detector(rule).update(scores)
    assert found[0] == Change(0, first, True, 9)


@pytest.mark.parametrize("classes", [2, 3, 4, 5, 8, 9, 32])
def test_a_detector_needs_so_much_memory_and_no_more(classes: int) -> None:
    """A board gives it for as long as the bundle is in use: 2 bytes a class, to a multiple of 8, and the kind's own."""
    on, detect, window = (5,) * classes, (True,) * classes, Window(3, 3)
    own = {
        Int8Thresholds(on, on, detect): 0,
        Int8Winner(on, on, detect, 3): 0,
        Int8Votes(on, on, detect, 2, 3, 1, 1): 8 * classes,
        Int8Means(on, on, detect, 7, 100, window): 4 + (8 + 7) * classes,
    }
    for rule, bytes_of_kind in own.items():
        assert CDetector(rule, window).size == (2 * classes + 7) // 8 * 8 + bytes_of_kind


SETTINGS: dict[str, DetectorSettings] = {
    "threshold": Threshold(0.6, 0.4, ("background",)),
    "mean-window": MeanWindow(0.97, 5, 100, ("background",)),
    "argmax": Argmax(0.5, 0.3, 0.1, ("background",)),
    "n-of-m": NOfM(0.6, 0.4, 3, 5, 2, 4, ("background",)),
}


@cache
def bundle_of(kind: str) -> Bundle:
    return prepare_bundle(TESTDATA, replace(sample_values("softmax"), detector=SETTINGS[kind]))


def with_block(kind: str, block: bytes) -> bytes:
    """The image of a bundle whose settings block is another one, with every checksum right."""
    bundle = bundle_of(kind)
    sections = {"settings": block, "frontend": bundle.frontend_image, "model": bundle.model_bytes}
    return assembled(sections, list(sections), bundle.settings.fft, bundle.settings.bands)


@pytest.mark.parametrize("kind", KINDS)
def test_the_firmware_reads_the_kind_that_the_host_wrote(kind: str) -> None:
    ffi, _ = library()
    bundle = bundle_of(kind)
    parsed = Parsed(bundle_image(bundle))
    assert parsed.reason == OK
    b = ffi.cast("core_bundle *", parsed.bundle)
    assert ffi.string(b.detector.name).decode() == kind == bundle.thresholds.kind
    assert bytes(ffi.buffer(b.detector_parameters, b.detector_length)) == bundle.thresholds.parameters()
    named = kind.encode().ljust(16, b"\0") + bundle.thresholds.parameters()
    assert bundle.settings_block.endswith(named) == (kind != DEFAULT)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != DEFAULT])
@given(st.data())
def test_a_cut_or_longer_block_is_refused(kind: str, data: st.DataObject) -> None:
    block = bundle_of(kind).settings_block
    classes_end = len(bundle_of(DEFAULT).settings_block)
    for changed in (
        block[: data.draw(st.integers(classes_end + 1, len(block) - 1))],
        block + data.draw(st.binary(min_size=1, max_size=9)),
    ):
        assert Parsed(with_block(kind, changed)).reason in (
            "the detector's parameters are not sound",
            "the window's or the outputs' settings are not sound",
        )


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (b"median", "this firmware lacks the detector's kind"),
        (b"m", "this firmware lacks the detector's kind"),
        (b"", "the window's or the outputs' settings are not sound"),
        (b"threshold", "the window's or the outputs' settings are not sound"),
        (b"Mean", "the window's or the outputs' settings are not sound"),
        (b"m" * 16, "the window's or the outputs' settings are not sound"),
        (b"argmax", "the detector's parameters are not sound"),
    ],
)
def test_another_kind_is_refused_by_name(kind: bytes, named: str) -> None:
    ffi, _ = library()
    block = bundle_of(DEFAULT).settings_block + kind.ljust(16, b"\0") + b"\1\2\3\4"
    parsed = Parsed(with_block(DEFAULT, block))
    assert parsed.reason == named
    if "kind" in named:
        assert ffi.string(ffi.cast("core_bundle *", parsed.bundle).name) == kind


def test_what_was_not_asked_for_in_its_window_is_gone_in_the_next() -> None:
    """Of every class, the last one too."""
    thresholds = Int8Thresholds((10, 10, 10), (0, 0, 0), (True, True, True))
    detector = CDetector(thresholds, Window(10, 5))
    active, score = detector._ffi.new("bool *"), detector._ffi.new("int8_t *")
    core, state = detector._core, detector._state
    for _ in range(2):
        core.detector_window(state, np.array([50, 50, 50], np.int8).tobytes())
    assert not any(core.detector_change(state, label, active, score) for label in range(3))
    core.detector_window(state, np.array([-5, -5, -5], np.int8).tobytes())
    assert all(core.detector_change(state, label, active, score) for label in range(3))
