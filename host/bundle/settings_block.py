"""The settings block: how the firmware cuts windows and reads outputs, in bytes. Its SHA-256 is the settings hash.

    u16 frames, u16 stride, u8 classes, u8 ends, u8 scores_output, u8 logits_output (0 without logits),
    then for each class: i8 on, i8 off, u8 detect (0 or 1), u8 n, n bytes of its label in UTF-8,
    then, for a detector of another kind than `threshold`: char[16] kind, closed by zeros, and the kind's parameters.

ends, from bit 0: 1 with logits; 1 where bands come first; two bits for the input's type; two for the outputs' type
(places in `END_TYPES`); two for the range of an int16 input (place in `INT16_STEPS`).

Little-endian. `firmware/core/bundle/bundle_image.c` reads it.
"""

import struct

from ..detector.rule import Int8Rule, block
from .model_ends import ends
from .model_info import ModelInfo

HEAD = struct.Struct("<HHBBBB")
CLASS_HEAD = struct.Struct("<bbBB")


def settings_block(
    frames: int, stride: int, labels: tuple[str, ...], thresholds: Int8Rule, model: ModelInfo
) -> bytes:
    """Return the block for a bundle's checked values."""
    logits = model.logits
    last = logits.index if logits else 0
    parts = [HEAD.pack(frames, stride, len(labels), ends(model), model.scores.index, last)]
    for label, on, off, detect in zip(labels, thresholds.on, thresholds.off, thresholds.detect, strict=True):
        name = label.encode("utf-8")
        parts.append(CLASS_HEAD.pack(on, off, detect, len(name)) + name)
    parts.append(block(thresholds))
    return b"".join(parts)
