"""What a window's result says of its own layout, held against what is known of it."""

from ..bundle.load import Bundle
from ..link import messages as m
from .wrong_number import how

OUTPUTS = "has outputs:"
SENT = "(send_window in firmware/core/session/results.c)"


def layout_faults(window: m.WindowResult, bundle: Bundle, inference: bool) -> list[str]:
    """What a window says of itself that is not so, in words.

    Args:
        window: as it came.
        bundle: in use.
        inference: whether the model ran.
    """
    logits = int(bundle.model.logits is not None)
    classes = len(bundle.labels) if inference else 0
    outputs = bundle.model.values if inference else 0
    others = {"the stride": bundle.stride, "the columns of a window": bundle.frames}
    found = []
    for what, theirs, right in (
        ("begins at column", window.first_column, window.index * bundle.stride),
        (OUTPUTS, len(window.outputs), outputs),
        ("says classes:", window.classes, classes),
        ("says has_logits:", window.has_logits, logits if inference else 0),
        (
            "says columns since the one before:",
            window.columns,
            bundle.stride if window.index else bundle.frames,
        ),
    ):
        if theirs != right:
            about = how(theirs, right, others)
            found.append(f"{what} {theirs}, {right} is right{about or _whose(window, what, right)}")
    columns = window.columns
    if window.index == 0 and bundle.frames < columns < bundle.frames + bundle.stride:
        found.append(f"counts {columns - bundle.frames} columns of the stream before")
    return found


def _whose(window: m.WindowResult, what: str, right: int) -> str:
    """Which outputs came, in words behind a colon, where that tells something."""
    if what != OUTPUTS or not window.has_logits:
        return ""
    came = len(window.outputs)
    if right and 2 * came == right:
        return f": the scores alone came, and the window says that logits follow: their length is left out {SENT}"
    return f": none came, and the window says that there are logits {SENT}" if right and not came else ""
