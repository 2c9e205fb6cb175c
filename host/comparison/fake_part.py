"""One board's part of a run on fakes, and sounds that no file holds. For tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..audio.errors import AudioError
from ..audio.source import AudioSource
from ..board.interface import BoardFacts
from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Interpreter
from . import events as e
from .board_share import BoardShare
from .fakes import FakeBoard, FakeDevice, FakeInterpreter, Tamper
from .file import FileComparison
from .result import RunComparison
from .run import new_result
from .stimuli.thorough import MadeSound
from .wishes import Wishes

Int16 = NDArray[np.int16]
Retaken = list[tuple[float, bool]]
"""How boards were taken over anew: patience in seconds, and whether they had restarted."""


@dataclass
class Part:
    """A share that is not executed yet, and all that it says."""

    bundle: Bundle
    device: FakeDevice
    wishes: Wishes = field(default_factory=Wishes)
    interpreters: tuple[Interpreter, Interpreter | None] | None = None
    name: str = ""
    facts: BoardFacts | None = None
    told: list[e.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = FakeBoard(self.device, logs=[(m.LogLevel.WARNING, "warm")])
        if self.facts is not None:
            self.board.facts = self.facts
        self.result = new_result(self.board.kind, self.bundle, self.wishes)
        self.share = BoardShare(
            self.board,
            self.bundle,
            self.wishes,
            lambda bundle: self.interpreters or (FakeInterpreter(bundle), FakeInterpreter(bundle)),
            self.result,
            self.told.append,
            lambda file: self.taken(file),
            self.name,
        )

    def taken(self, file: FileComparison) -> None:
        """A file is finished."""
        self.result.add(file)

    def run(self, *sounds: MadeSound | tuple[str, MadeSound]) -> RunComparison:
        """Execute it with some sounds as files."""
        pairs = [sound if isinstance(sound, tuple) else (sound.name, sound) for sound in sounds]
        self.share.execute(cast(Iterable[tuple[str, AudioSource]], pairs))
        return self.result

    def of(self, *kinds: type) -> list[Any]:
        """The events of some kinds."""
        return [event for event in self.told if isinstance(event, kinds)]


def make_part(
    bundle: Bundle,
    tamper: Tamper | None = None,
    kind: type[FakeDevice] = FakeDevice,
    restarts: int = 0,
    **more: Any,
) -> Part:
    """A part whose device is of some kind, with what else `Part` takes."""
    device = kind(bundle, FakeInterpreter(bundle), tamper, restarts=restarts, quick=True)
    return Part(bundle, device, **more)


def sound_of(name: str, samples: Int16) -> MadeSound:
    """A sound of one block."""
    return MadeSound(name, lambda: [samples])


def wrong_score(message: Payload) -> list[Payload]:
    """The second window's first score, off by one step."""
    if isinstance(message, m.WindowResult) and message.index == 1 and message.outputs:
        return [replace(message, outputs=bytes([message.outputs[0] ^ 1]) + message.outputs[1:])]
    return [message]


def broken_off(samples: Int16) -> MadeSound:
    """A file that cannot be read any more behind some samples."""

    def blocks() -> Iterator[Int16]:
        yield samples
        raise AudioError("the card was pulled", "put it in")

    return MadeSound("broken.wav", blocks)
