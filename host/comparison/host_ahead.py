"""The host's computation of a stream in a thread of its own, so that host and board compute at the same time."""

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from .expected import HostBlock

MOST_WAITING = 2  # blocks: what keeps memory constant

Int16 = NDArray[np.int16]
Done = tuple[HostBlock, int]  # a block, and its samples


class HostAhead:
    """Gives blocks of samples to `push`, one after the other, and their results back in order.

    Used in a `with` block, in which nobody else may use what `push` uses.

    Args:
        push: computes the next block (`Expected.push`).
    """

    def __init__(self, push: Callable[[Int16], HostBlock]) -> None:
        self._push = push
        self._changed = threading.Condition()
        self._waiting: deque[Int16] = deque()  # the one that is computed stays in until it is done
        self._done: deque[Done] = deque()
        self._error: BaseException | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._compute, name="the host's side", daemon=True)
        self._thread.start()

    def put(self, samples: Int16) -> None:
        """Take in the next samples, once fewer than `MOST_WAITING` blocks wait.

        Raises:
            HilError: what `push` raised of an earlier block.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING or self._error is not None)
            self._check()
            self._waiting.append(samples)
            self._changed.notify_all()

    def ready(self, *, all_of_it: bool = False) -> list[Done]:
        """Give and forget what is done, after waiting for the rest if wanted; raises as `put` does."""
        if not all_of_it and not self._done and self._error is None:
            return []
        with self._changed:
            if all_of_it:
                self._changed.wait_for(lambda: not self._waiting or self._error is not None)
            self._check()
            done = list(self._done)
            self._done.clear()
            return done

    def __enter__(self) -> "HostAhead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread, after the block it is at; who presses Ctrl-C does not wait for that."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if not isinstance(error, KeyboardInterrupt):
            self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _compute(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if self._ending:
                    return
                samples = self._waiting[0]
            try:
                block = self._push(samples)
            except BaseException as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._done.append((block, len(samples)))
                self._waiting.popleft()
                self._changed.notify_all()
