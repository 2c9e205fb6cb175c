"""A deployed bundle on trial: what the board makes of a few windows, held against the host, before anything is kept.

The windows are the extremes, noise and smooth surfaces of `host/model/verify.py`, so no recording is needed and every
bundle can be tried. Each is run with nothing remembered, on both sides.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..errors import HilError
from ..line.connection import DeviceResetError, LinkError
from ..line.port import PortError
from ..link import messages as m
from ..model.allowed import allowed_cells, rounding_ops
from ..model.interpreter import Int8, each_alone, output_parts
from ..model.verify import random_columns
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
        roles: what the outputs are, each of one value a class, as `output_parts` names them.
        windows: int8 [n, cells].
        expected: the outputs of each host interpreter, int8 [n, values]: scores, logits, low bytes of both.
        suspects: what is known of this model's kernels on the board, to be told with a departure.
        allowed: which values of a window, [1, values] expected and come, differ by no more than is allowed.
    """

    name: str
    labels: tuple[str, ...]
    roles: tuple[str, ...]
    windows: Int8
    expected: tuple[Int8, ...]
    suspects: tuple[str, ...] = ()
    allowed: Callable[[Int8, Int8], NDArray[np.bool_]] = np.equal

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
            if not any(self._agrees(outputs[index], came) for outputs in self.expected):
                departed.append((index, came))
        if departed:
            raise TrialFailedError(
                self._departure(departed),
                "it keeps its old bundle; `python -m host hil` on the virtual board shows what the host computes, "
                "--force deploys it as it is",
            )

    def _agrees(self, expected: Int8, came: Int8) -> bool:
        if came.shape != expected.shape:
            return False
        return bool(((came == expected) | self.allowed(expected[np.newaxis], came[np.newaxis])[0]).all())

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
        role = self.roles[place // classes]
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
    model = bundle.model
    windows = random_columns(model, count, SEED)
    refused = model.expected is not None and model.expected.off == "refused"
    first, *others = (MICRO,) if refused else (REFERENCE, MICRO)
    with ModelWorker() as worker:

        def outputs(engine: str) -> Int8:
            interpreter = worker.open(engine, bundle.model_bytes, model)
            return each_alone(interpreter, windows, model.stateful)

        found = [outputs(first)]
        for engine in others:
            with contextlib.suppress(
                HilError
            ):  # no wheel here, or it cannot run this model: the reference counts
                found.append(outputs(engine))
    roles = tuple(name for name, _ in output_parts(model))
    allowed = partial(allowed_cells, model, rounding_ops(bundle.model_bytes))
    return Trial(bundle.name, bundle.labels, roles, windows, tuple(found), suspects, allowed)
