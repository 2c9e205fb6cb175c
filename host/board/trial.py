"""A deployed bundle on trial: what the board makes of a few windows, held against the host, before anything is kept.

The windows are the extremes, noise and smooth surfaces of `host/model/verify.py`, so no recording is needed and every
bundle can be tried. Each is run with nothing remembered, on both sides.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..errors import HilError
from ..line.connection import DeviceResetError, LinkError
from ..line.port import PortError
from ..link import messages as m
from ..model.interpreter import Int8, Interpreter
from ..model.verify import random_windows
from ..model.worker import ModelWorker
from ..model.worker_protocol import MICRO, REFERENCE
from .client import DeviceError, RequestRefusedError
from .crash import FirmwareCrashedError, NotBootingError

WINDOWS = 8
SEED = 13

# What a board that crashed, hung or restarted looks like from here.
LOST = (DeviceError, DeviceResetError, FirmwareCrashedError, LinkError, NotBootingError, PortError)

Infer = Callable[[NDArray[np.int8]], m.TensorResult]


class TrialFailedError(HilError):
    """The board computes something else than the host; it keeps its old bundle."""


class TrialCrashedError(HilError):
    """The board was lost while it ran the new bundle; a restart brings the old one back."""


@dataclass(frozen=True)
class Trial:
    """What the host expects of a bundle.

    Attributes:
        name: the bundle's.
        labels: of its classes.
        windows: int8 [n, cells].
        expected: the outputs of each host interpreter, int8 [n, values]: scores, then logits.
        suspects: what is known of this model's kernels on the board, to be told with a departure.
    """

    name: str
    labels: tuple[str, ...]
    windows: Int8
    expected: tuple[Int8, ...]
    suspects: tuple[str, ...] = ()

    def run(self, infer: Infer) -> None:
        """Run all windows on the board.

        Args:
            infer: has the board run its model on one window.

        Raises:
            TrialFailedError: an output is that of no host interpreter, or an inference failed.
            TrialCrashedError: the board was lost.
        """
        departed: list[tuple[int, Int8]] = []
        for index, cells in enumerate(self.windows):
            came = self._outputs(infer, index, cells)
            if not any(np.array_equal(came, outputs[index]) for outputs in self.expected):
                departed.append((index, came))
        if departed:
            raise TrialFailedError(
                self._departure(departed),
                "it keeps its old bundle; `python -m host hil` on the virtual board shows what the host computes, "
                "--force deploys it as it is",
            )

    def _outputs(self, infer: Infer, index: int, cells: Int8) -> Int8:
        try:
            return np.frombuffer(infer(cells).outputs, np.int8)
        except RequestRefusedError as error:
            raise TrialFailedError(
                f"on trial the board cannot run bundle {self.name!r}: window {index + 1} of {len(self.windows)}: "
                f"{error.cause}{self._suspicion()}",
                error.cure,
            ) from error
        except LOST as error:
            raise self.crashed(f"in window {index + 1} of {len(self.windows)}", error) from error

    def crashed(self, where: str, error: HilError) -> TrialCrashedError:
        """The error for a board that was lost while it was doing something with the bundle."""
        return TrialCrashedError(
            f"on trial bundle {self.name!r} crashed the board {where}: {error.cause}{self._suspicion()}",
            "the bundle was not kept, and a restart brings the old one back; make the model of other ops, or build the "
            "firmware with other kernels",
        )

    def _departure(self, departed: list[tuple[int, Int8]]) -> str:
        index, came = departed[0]
        expected = self.expected[0][index]
        first = f"window {index + 1} of {len(self.windows)}"
        count = f"{len(departed)} of {len(self.windows)} windows depart"
        if came.shape != expected.shape:
            return f"on trial {first} gives {len(came)} outputs instead of {len(expected)}; {count}{self._suspicion()}"
        gaps = np.abs(came.astype(int) - expected)
        place = int(np.argmax(gaps > 0))
        classes = len(self.labels)
        role = "score" if place < classes else "logit"
        largest = max(
            int(np.abs(c.astype(int) - self.expected[0][i]).max())
            for i, c in departed
            if c.shape == expected.shape
        )
        return (
            f"on trial the board departs from the host: {first}, {role} of {self.labels[place % classes]!r} is "
            f"{came[place]} instead of {expected[place]}, {np.count_nonzero(gaps)} of {len(gaps)} outputs differ; "
            f"{count}, by at most {largest}{self._suspicion()}"
        )

    def _suspicion(self) -> str:
        return "".join(f"\n  {suspect}" for suspect in self.suspects)


def make_trial(bundle: Bundle, suspects: tuple[str, ...] = (), count: int = WINDOWS) -> Trial:
    """Compute what a bundle's model gives, in a process that may die of it.

    Where the host's two interpreters part, either is a good answer: which of them is right is not the board's fault.

    Args:
        bundle: to be deployed.
        suspects: see `Trial`.
        count: how many windows.

    Raises:
        ModelError: the model does not run on the host.
    """
    windows = random_windows(bundle.model, count, SEED)
    with ModelWorker() as worker:
        found = [_outputs(worker.open(REFERENCE, bundle.model_bytes, bundle.model), windows)]
        with contextlib.suppress(
            HilError
        ):  # no wheel here, or it cannot run this model: the reference alone counts
            found.append(_outputs(worker.open(MICRO, bundle.model_bytes, bundle.model), windows))
    return Trial(bundle.name, bundle.labels, windows, tuple(found), suspects)


def _outputs(interpreter: Interpreter, windows: Int8) -> Int8:
    """Scores, then logits, of windows that know nothing of each other."""
    rows: list[Int8] = []
    for window in windows:
        interpreter.reset()
        outputs = interpreter.run(window[np.newaxis])
        rows.append(
            np.concatenate([outputs.scores, *([] if outputs.logits is None else [outputs.logits])], axis=1)
        )
    return np.concatenate(rows)
