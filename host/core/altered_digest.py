"""The firmware's SHA-256 with one small change of its code, tried in a process of its own."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..build.alteration import SELECTOR, Alteration
from ..build.altered_sha256 import altered_sha256
from .changed_process import NONE, Change, ChangedProcess, allow, answer, forked

DIGEST_BYTES = 32
STUCK_S = 0.2  # of processor time for one change
_COMPUTED = "void sha256_of(const uint8_t *data, size_t length, uint8_t digest[32]);"


class AlteredDigest(ChangedProcess):
    """Computes altered digests. Close it.

    Raises:
        HilError: there is no C compiler, or this system cannot fork processes.
    """

    def __init__(self) -> None:
        library, alterations = altered_sha256()
        super().__init__("altered_digest", alterations, (library,))

    def digests(self, data: bytes) -> dict[bytes, list[Alteration]]:
        """Digests of some data, 32 bytes each, with the changes that give them, as far as they are not the right one.

        Changes with which the computation crashes or hangs are left out.
        """
        computed: list[bytes] = self._ask((data, [(place, 0) for place in range(len(self.alterations))]))
        right, *changed = computed
        found: dict[bytes, list[Alteration]] = {}
        for digest, alteration in zip(changed, self.alterations, strict=True):
            if digest not in (b"", right):
                found.setdefault(digest, []).append(alteration)
        return found


# ---- the process


class _Tries:
    """Computes digests in children of this process."""

    def __init__(self, library: Path) -> None:
        from cffi import FFI

        self._ffi = FFI()
        self._ffi.cdef(f"extern int {SELECTOR};\n{_COMPUTED}")
        self._core = self._ffi.dlopen(str(library))

    def digests(self, data: bytes, changes: Sequence[Change]) -> list[bytes]:
        """The right digest, and that of each change; empty where nothing came of it."""
        right = self._digest(data, NONE)
        found = [right] + [b""] * len(changes)
        begin = 0
        while begin < len(changes):
            given = self._child(data, changes[begin:], right)
            found[begin + 1 : begin + 1 + len(given)] = given
            begin += len(given) + (not given)  # the first one crashes or hangs
        return found

    def _child(self, data: bytes, changes: Sequence[Change], right: bytes) -> list[bytes]:
        """Digests of changes, until one spoils what others need."""

        def work(out: int) -> None:
            for change in changes:
                allow(STUCK_S)
                os.write(out, self._digest(data, change))
                if self._digest(data, NONE) != right:
                    return

        given = b"".join(forked(work))
        return [given[at : at + DIGEST_BYTES] for at in range(0, len(given), DIGEST_BYTES)]

    def _digest(self, data: bytes, change: Change) -> bytes:
        setattr(self._core, SELECTOR, change[0] + 1)
        room = self._ffi.new("uint8_t[]", DIGEST_BYTES)
        self._core.sha256_of(data, len(data), room)
        return bytes(self._ffi.buffer(room))


if __name__ == "__main__":
    answer(lambda library: _Tries(library).digests)
