"""What was asked of a device besides audio, and what it answered: kept to hold changes of its code against it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...core.conversation import Asked, Connected, Step, Stream
from ...link import messages as m
from ...link.codec import Payload

RESULTS = (m.Features, m.WindowResult, m.Detection, m.Log)  # none of them is an answer
Request = tuple[int, bytes]


@dataclass
class Dialogue:
    """A conversation with a device that begins idle.

    Attributes:
        name: what it is about, in words.
        steps: what the device was told, one after the other.
        answers: what it said to each step; None: that was not kept.
        probe: steps that are sooner done, of which something comes that is not right wherever it is not in the others;
            empty: none are known.
        without: files of the code that have no part in it.
        suspects: functions of the code that do what was seen to go wrong first.
    """

    name: str
    steps: list[Step] = field(default_factory=list)
    answers: list[list[Payload] | None] = field(default_factory=list)
    probe: list[Step] = field(default_factory=list)
    without: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()

    def asked(self, requests: Iterable[Request], answers: Iterable[Payload] | None) -> None:
        """Some requests, and what they brought."""
        self.steps.append(Asked(tuple(requests)))
        self.answers.append(None if answers is None else answers_alone(answers))

    def brought(self, requests: Iterable[Request], answers: Iterable[Payload]) -> None:
        """The requests of a stream, and all that they brought, its results among it."""
        self.steps.append(Asked(tuple(requests), hears=True))
        self.answers.append(list(answers))

    def streamed(self, stream: Stream) -> None:
        """Some audio."""
        self.steps.append(stream)
        self.answers.append(None)

    def connected(self) -> None:
        """Another host came."""
        self.steps.append(Connected())
        self.answers.append(None)


def answers_alone(messages: Iterable[Payload]) -> list[Payload]:
    """Messages without a stream's results and without the log."""
    return [message for message in messages if not isinstance(message, RESULTS)]
