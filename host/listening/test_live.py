"""What is shown and logged of what a board hears, message by message."""

import csv
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..board.client import RequestRefusedError
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link import messages as m
from .hearing import heard
from .live import LiveLog, LiveView


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


NO_MICROPHONE = "wire one"


def columns(bundle: Bundle, count: int) -> list[m.Features]:
    """`count` columns, each full of its own number."""
    return [m.Features(first_column=7 + i, cells=bytes([i]) * bundle.settings.bands) for i in range(count)]


def logged(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_features_follow_a_beginning_and_go_with_it(bundle: Bundle, tmp_path: Path) -> None:
    lines: list[str] = []
    log = LiveLog(tmp_path / "log.csv", True)
    view = LiveView(bundle, lines.append, log, True)
    view.take(m.WindowResult(index=3, classes=1, outputs=b"\x7f\x10", inference_ns=12_000_000))
    view.take(m.LiveDetection(time_ms=1500, label=0, active=1, score=127, window=3))
    assert "1.50 s" in lines[0] and "begins" in lines[0], "shown before its features have come"
    pieces = columns(bundle, bundle.frames)
    for piece in pieces:
        assert logged(tmp_path / "log.csv") == []
        view.take(piece)
    (row,) = logged(tmp_path / "log.csv")  # on disk although the file is open
    assert bytes.fromhex(row["features"]) == b"".join(piece.cells for piece in pieces)
    assert row["seconds"] == "1.500" and row["window"] == "3" and row["change"] == "begins"
    assert lines[-1].rstrip().endswith("█"), "the last columns have the greatest values"
    assert "inference 12.0 ms" in view.bars() and bundle.labels[0] in view.bars()
    log.close()


def test_features_that_did_not_come_whole_are_not_passed_off_as_such(bundle: Bundle, tmp_path: Path) -> None:
    log = LiveLog(tmp_path / "log.csv", True)
    view = LiveView(bundle, lambda _line: None, log, True)
    view.take(m.LiveDetection(label=0, active=1, score=127, window=0))
    for piece in columns(bundle, bundle.frames - 1):
        view.take(piece)
    view.take(m.WindowResult(index=1, classes=1, outputs=b"\x7f\x10"))
    view.take(m.LiveDetection(label=0, active=0, score=-128, window=1))
    view.take(m.LiveDetection(label=0, active=1, score=127, window=2))
    view.settle()
    log.close()
    assert [(row["change"], row["features"]) for row in logged(tmp_path / "log.csv")] == [
        ("begins", ""),
        ("ends", ""),
        ("begins", ""),
    ]
    assert view.detections == 2 and "1 window, 2 detections" in view.summary()


def test_a_label_that_the_bundle_has_not_is_ignored(bundle: Bundle) -> None:
    lines: list[str] = []
    LiveView(bundle, lines.append).take(m.LiveDetection(label=200, active=1))
    assert lines == []


@pytest.mark.parametrize(
    ("capabilities", "cause", "cure"),
    [
        (0, "has no microphone", NO_MICROPHONE),
        (m.Capability.MICROPHONE, "no microphone answers on pins", "wiring"),
    ],
)
def test_a_refusal_has_a_cure(bundle: Bundle, capabilities: int, cause: str, cure: str) -> None:
    def live(_features: bool) -> Iterator[None]:
        raise RequestRefusedError(
            m.Error(request=m.LiveStart.TYPE, text=b"no microphone answers on pins SCK 26")
        )
        yield

    device = Namespace(info=lambda: m.Info(capabilities=capabilities), live=live)
    with pytest.raises(HilError) as caught:
        list(heard(device, LiveView(bundle, print), None, False, NO_MICROPHONE))  # type: ignore[arg-type]
    assert cause in caught.value.cause and cure in caught.value.cure
