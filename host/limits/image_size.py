"""How large the firmware's image is: found by the hash of its ELF file, which the firmware tells."""

import hashlib
from pathlib import Path

LEAST_DIGITS = 8  # of the hash: fewer would find any file


def image_size(folder: Path, elf_hash: str) -> int | None:
    """Return the bytes of the image whose ELF file has that hash; None when it is not below `folder`.

    Args:
        folder: of builds, a folder each with firmware.elf and firmware.bin.
        elf_hash: the SHA-256 or its beginning, hex.
    """
    if len(elf_hash) < LEAST_DIGITS:
        return None
    for elf in sorted(folder.glob("*/firmware.elf")):
        image = elf.with_suffix(".bin")
        try:
            if hashlib.sha256(elf.read_bytes()).hexdigest().startswith(elf_hash.lower()):
                return image.stat().st_size
        except OSError:
            continue
    return None
