"""Worker processes that compute features, all with the very same front end."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.pool import Pool

from ...build.core_library import core_library


@contextlib.contextmanager
def worker_pool(workers: int) -> Iterator[Pool]:
    """A pool of fresh processes.

    The core's library is chosen here, once: a change of its sources in mid-run must not give one half of a set another
    front end than the other.
    """

    name = "HIL_CORE_LIBRARY"
    before = os.environ.get(name)
    os.environ[name] = str(core_library())
    try:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            yield pool
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
