"""From real thresholds to int8 scores: the one place where that is computed, for host, headers and images alike."""

from dataclasses import dataclass

from .schema import INT8, Detector, Quantisation, wrong


@dataclass(frozen=True)
class Int8Thresholds:
    """The detector's rule on int8 scores, one entry a class.

    Attributes:
        on: a class becomes active at this score or above.
        off: it becomes inactive below this score.
        detect: False for classes that are never reported.
    """

    on: tuple[int, ...]
    off: tuple[int, ...]
    detect: tuple[bool, ...]


def int8_thresholds(detector: Detector, labels: tuple[str, ...], scores: Quantisation) -> Int8Thresholds:
    """Return the smallest int8 scores whose real values reach threshold and release.

    Raises:
        BundleError: no int8 score reaches the threshold, or every one does, so that it could never change anything.
    """
    on = _threshold(detector.threshold, scores, "threshold", "class could ever become active")
    off = _threshold(detector.release, scores, "release", "active class could ever become inactive again")
    count = len(labels)
    detect = tuple(label not in detector.ignore for label in labels)
    return Int8Thresholds((on,) * count, (off,) * count, detect)


def _threshold(value: float, scores: Quantisation, name: str, hopeless: str) -> int:
    lowest, highest = (scores.real(q) for q in INT8)
    q = scores.smallest_at_least(value)
    if q is None:
        raise wrong(
            f"detector.{name}",
            f"is {value:g}, above {highest:g}, the model's highest score: no {hopeless}",
            f"set it to {highest:g} or lower",
        )
    if q == INT8[0]:
        trouble = "every class would always be active" if name == "threshold" else f"no {hopeless}"
        raise wrong(
            f"detector.{name}",
            f"is {value:g}, not above {lowest:g}, the model's lowest score: {trouble}",
            f"set it above {lowest:g}",
        )
    return q
