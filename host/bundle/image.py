"""The bundle image: what is deployed to a board's model slot.

Little-endian; `firmware/core/bundle/bundle_image.c` reads it in place.

      0  "HBUN"
      4  u16 version, u16 size of this header
      8  u32 length of the image
     12  u32 CRC-32 of all that follows these 16 bytes
     16  three sections as u32 offset, u32 length: settings block, front-end image, model; offsets are multiples of 16,
         the model's one of 4: elsewhere than at 16 it lies to find out whether that matters (`trace --shift`)
     40  u16 FFT points, u16 bands: so that a board can say which limit they exceed without reading on
     44  u32 0
     48  char[32] name, closed by zeros
     80  SHA-256 of the model, of the front-end image, of the settings block
    176  the sections, in this order, padded with zeros
"""

import struct
import zlib

from .load import Bundle

MAGIC = b"HBUN"
VERSION = 1
HEADER = struct.Struct("<4sHHII6IHHI32s32s32s32s")
ALIGNMENT = 16
MODEL_ALIGNMENT = 4  # of the widest value in a .tflite that is read as one
_CHECKED_FROM = 16


def bundle_image(bundle: Bundle, model_shift: int = 0) -> bytes:
    """Return the image of a bundle; the same bundle always gives the same bytes.

    Args:
        bundle: the bundle.
        model_shift: how many times 4 bytes further on than usual the model lies.
    """
    sections = (bundle.settings_block, bundle.frontend_image, bundle.model_bytes)
    places: list[int] = []
    body = bytearray()
    for section in sections:
        if section is bundle.model_bytes:
            body += bytes(MODEL_ALIGNMENT * model_shift)
        places += (HEADER.size + len(body), len(section))
        body += section + bytes(-len(section) % ALIGNMENT)
    header = HEADER.pack(
        MAGIC,
        VERSION,
        HEADER.size,
        HEADER.size + len(body),
        0,
        *places,
        bundle.settings.fft,
        bundle.settings.model_bands,
        0,
        bundle.name.encode("utf-8"),
        bundle.model_hash,
        bundle.frontend_hash,
        bundle.settings_hash,
    )
    image = bytearray(header + body)
    struct.pack_into("<I", image, 12, zlib.crc32(image[_CHECKED_FROM:]))
    return bytes(image)
