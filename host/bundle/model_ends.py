"""The model's two ends: how its input holds a window, and one byte that tells the firmware."""

from .errors import wrong
from .model_info import END_TYPES, INT16_STEPS, ModelInfo, TensorInfo

FRAMES_FIRST, BANDS_FIRST = "frames-first", "bands-first"  # for people


def longer_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its axes of 1."""
    return tuple(size for size in shape if size != 1)


def check_input_shape(tensor: TensorInfo, frames: int, bands: int) -> None:
    """Check that a model's input is the window that the settings give.

    Raises:
        BundleError: it is not.
    """
    shape = tensor.shape
    if tensor.bands_first not in (0, bands):
        raise wrong("model.input.bands_first", f"is {tensor.bands_first}", f"the front end has {bands} bands")
    axes = (bands, frames) if tensor.bands_first else (frames, bands)
    if longer_axes(shape) not in (longer_axes(axes), longer_axes((frames * bands,))):
        raise wrong(
            "model.input.shape",
            f"is {list(shape)}, but the settings give windows of {frames} frames × {bands} bands",
            "correct `frames` and `frontend.bands`, or use the model that was trained with them",
        )


def ends(model: ModelInfo) -> int:
    """Return the byte that says what a model takes and gives; `settings_block.py` tells its bits."""
    tensor = model.input
    value = int(model.logits is not None) | (tensor.bands_first > 0) << 1
    value |= END_TYPES.index(tensor.type) << 2 | END_TYPES.index(model.scores.type) << 4
    if tensor.type == "int16":
        value |= list(INT16_STEPS).index(tensor.zero_point) << 6
    return value
