"""A model file as a C array. Standard library only."""

import re

_WORDS_A_LINE = 16


def model_header(data: bytes, name: str = "model_tflite", source: str = "a .tflite file") -> str:
    """Return a header that defines `name` and `name_len`, for C11 and C++11 or newer; equal input gives equal text.

    The array is aligned to 16 bytes, which TFLite Micro needs to read the model in place.

    Args:
        data: the file's content.
        name: a C identifier.
        source: what the comment calls the file; no path, so that the text does not depend on the computer.

    Raises:
        ValueError: `name` is not a C identifier, or `data` is empty.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is not a C identifier")
    if not data:
        raise ValueError("the model is empty")
    guard = f"{name.upper()}_H"
    aligned = f"{name.upper()}_ALIGNED"
    rows = "".join(
        "    " + ", ".join(f"0x{byte:02x}" for byte in data[at : at + _WORDS_A_LINE]) + ",\n"
        for at in range(0, len(data), _WORDS_A_LINE)
    )
    return f"""/* Generated from {_for_comment(source)}. Do not edit. */
#ifndef {guard}
#define {guard}

#ifdef __cplusplus
#define {aligned} alignas(16)
#else
#define {aligned} _Alignas(16)
#endif

static const unsigned int {name}_len = {len(data)}u;
{aligned} static const unsigned char {name}[{len(data)}] = {{
{rows}}};

#endif
"""


def _for_comment(text: str) -> str:
    """`text` without what ends a comment, begins another, or continues a line."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return text.replace("\\", "/").replace("*/", "* /").replace("/*", "/ *")
