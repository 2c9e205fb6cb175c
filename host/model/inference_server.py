"""Inference for the virtual board: TFLite Micro from the `tflite-micro` wheel, asked over stdin and stdout.

The protocol is described in `firmware/virtual/inference.h`. Where the wheel does not exist the reference interpreter
takes its place, and the line on stderr says which of the two computes.
"""

import os
import struct
import sys
from typing import BinaryIO, Protocol

from .engine import choose_engine

OPERATION_LOAD = 1
OPERATION_INVOKE = 2
NO_LOGITS = 0xFF
LARGEST_REQUEST = 64 << 20
HEAD = struct.Struct("<II")
SIZES = struct.Struct("<II")


class Engine(Protocol):
    """One loaded model."""

    arena_size: int
    arena_used: int

    def invoke(self, cells: bytes) -> bytes:
        """Return scores, then logits, for one window's cells."""
        ...


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def serve(requests: BinaryIO, answers: BinaryIO, load: "type[Engine]") -> None:
    """Answer requests until the board hangs up.

    Args:
        requests: what the board writes.
        answers: what the board reads.
        load: called with (model, scores output, logits output or None); its result answers INVOKE.
    """
    engine: Engine | None = None
    while True:
        try:
            operation, length = HEAD.unpack(_read_exactly(requests, HEAD.size))
            if length > LARGEST_REQUEST:
                return
            body = _read_exactly(requests, length)
        except EOFError:
            return
        try:
            if operation == OPERATION_LOAD:
                engine = None  # a failed load leaves no model behind
                logits = None if body[1] == NO_LOGITS else body[1]
                engine = load(body[4:], body[0], logits)  # type: ignore[call-arg]
                answer = SIZES.pack(engine.arena_size, engine.arena_used)
            elif operation == OPERATION_INVOKE and engine is not None:
                answer = engine.invoke(body)
            else:
                raise RuntimeError("no model is loaded")
            status = 0
        except (
            Exception
        ) as error:  # whatever a model makes an interpreter do, the board reports it and lives on
            status = 1
            answer = str(error).encode("utf-8", "replace")[:512] or type(error).__name__.encode()
        answers.write(HEAD.pack(status, len(answer)) + answer)
        answers.flush()


def main() -> int:
    """Serve on stdin and stdout. Everything else that is printed goes to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the protocol

    engine, name = choose_engine()
    print(f"inference {name}", file=sys.stderr, flush=True)
    serve(requests, answers, engine)
    return 0


if __name__ == "__main__":
    sys.exit(main())
