"""A microWakeWord manifest: the JSON file that ESPHome takes beside a wake word's model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bundle.errors import BundleError
from ..declared import shown
from ..detector.mean_window import MOST_WINDOWS
from ..strict_json import JsonError, read_json_object

PRESET = "microwakeword"
FIRST_STEP_MS = 20  # of manifests of version 1, which do not say it
_CURE = "give the manifest as it was published, beside its model"


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    Attributes:
        model: the model file beside it.
        wake_word: its one class.
        cutoff: what the mean has to be above.
        step_ms: from one column to the next.
        sliding_window: inferences whose mean ESPHome compares with the cutoff.
    """

    model: Path
    wake_word: str
    cutoff: float
    step_ms: int
    sliding_window: int


def is_manifest(path: Path) -> bool:
    """Return whether a file's name says that it is one."""
    return path.suffix.lower() == ".json"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest and find its model.

    Raises:
        BundleError: it cannot be read, lacks something, or its model is not in its folder.
    """
    try:
        values = read_json_object(path, _CURE)
    except JsonError as error:
        raise BundleError(error.cause, error.cure) from error
    micro = values.get("micro")
    if values.get("type") != "micro" or not isinstance(micro, dict):
        raise BundleError(f"{path} is no microWakeWord manifest", _CURE)
    first = values.get("version") == 1
    window = "sliding_window_average_size" if first else "sliding_window_size"
    return Manifest(
        _model_of(path, values.get("model")),
        _text(path, "wake_word", values.get("wake_word")),
        _number(path, micro, "probability_cutoff", 0.0, 1.0),
        int(_number(path, micro, "feature_step_size", 1, 1000, default=FIRST_STEP_MS if first else 10)),
        int(_number(path, micro, window, 1, MOST_WINDOWS, default=1)),
    )


def _model_of(path: Path, name: object) -> Path:
    """The model's file; a name that leads out of the folder is refused before anything is looked at."""
    text = _text(path, "model", name)
    if any(character in text for character in "/\\:") or text.startswith("."):
        raise BundleError(
            f"{path}: `model` is {shown(text)}, not a plain file name", "put the model beside its manifest"
        )
    model = path.parent / text
    if not model.is_file():
        raise BundleError(f"{path} names the model {shown(text)}, which is not beside it", _CURE)
    return model


def _text(path: Path, name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise BundleError(f"{path}: `{name}` is {shown(value)}", _CURE)
    return value


def _number(
    path: Path, values: dict[str, Any], name: str, low: float, high: float, default: float | None = None
) -> float:
    value = values.get(name, default)
    whole = isinstance(low, int)
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else (int, float))
        or not low <= value <= high
    ):
        kind = "a whole number" if whole else "a number"
        raise BundleError(
            f"{path}: `micro.{name}` is {shown(value)}", f"give {kind} from {low:g} to {high:g}"
        )
    return float(value)
