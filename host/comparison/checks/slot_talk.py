"""What is sent to a model slot, and what its answers must be."""

import binascii
import hashlib
from collections.abc import Iterable

from ...board.deploying import piece_of
from ...board.wrong_bytes import how_bytes
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from .answers import Request
from .checked import Checked
from .lost_in_flash import state_told
from .overheard import Overheard
from .slot_causes import ANNOUNCED, MISPLACED, SUSPECTS
from .slot_room import room_of

REFUSED = m.DeployState.REFUSED
DEPLOYMENT, TRIAL = "a deployment", "a trial"  # of what is right
STEP = 8  # bytes of a piece
SENDS_TEXT = "look at what sends a text (session_send_text in firmware/core/session/answers.c)"


class SlotTalk:
    """Deployments, and what their answers must be.

    Args:
        device: connected.
        bundle: that it has compiled in.
        first, second: that are deployed.
    """

    def __init__(self, device: Overheard, bundle: Bundle, first: Bundle, second: Bundle) -> None:
        self._device, self._bundle, self.first, self.second = device, bundle, first, second
        self._lengths: set[int] = set()  # that were announced
        self._piece = piece_of(device.max_payload)
        self._refused: list[tuple[str, bytes]] = []  # what was right and refused, and the board's reason
        self._refused_first = b""  # the reason that came first
        self._taken = 0  # deployments, until one was refused
        self.slot = Checked(heard=device.heard)

    def ask(self, requests: Iterable[Payload]) -> list[Payload]:
        """Send requests; their answers."""
        return self._device.exchange([request_of(each) for each in requests])

    def _send(
        self,
        image: bytes,
        end: Payload,
        crc32: int | None = None,
        sha256: bytes | None = None,
        length: int | None = None,
    ) -> list[Payload]:
        """An image in pieces, announced with its own checksums and length or with others."""
        begin = m.DeployBegin(
            len(image) if length is None else length,
            binascii.crc32(image) if crc32 is None else crc32,
            hashlib.sha256(image).digest() if sha256 is None else sha256,
        )
        self._lengths.add(begin.length)
        size = self._piece
        pieces = [m.DeployData(at, image[at : at + size]) for at in range(0, len(image), size)]
        return self.ask((begin, *pieces, end))

    def _hold_room(self) -> None:
        """An image as large as the slot is taken, and one of a byte more is not."""
        fitting, beyond, why = room_of(
            lambda length: self.ask([m.DeployBegin(length=length)]),
            self._device.info().slot_size,
        )
        self._hold_states("an image as large as the slot", fitting, m.DeployState.RECEIVING, why=why)
        self._hold_states("an image beyond the slot", beyond, REFUSED, why=why)

    def _hold_states(
        self,
        what: str,
        answers: list[Payload],
        *right: m.DeployState,
        taken: int | None = None,
        why: str = "",
    ) -> bool:
        """Note other states than are owed, and `why`; returns whether they are these."""
        states = [answer.state if isinstance(answer, m.DeployStatus) else answer.NAME for answer in answers]
        if states != [int(state) for state in right]:
            owed = ", ".join(state.name for state in right)
            came = ", ".join(state_told(answer, REFUSED in right) for answer in answers) or "nothing"
            self.slot.note(f"{what} brings {came}, and {owed} is owed", why)
            last = answers[-1] if answers else None
            if isinstance(last, m.DeployStatus) and last.state == REFUSED and what in (DEPLOYMENT, TRIAL):
                self._refused.append((what, last.text))
                self._refused_first = self._refused_first or next(
                    each.text
                    for each in answers
                    if isinstance(each, m.DeployStatus) and each.state == REFUSED
                )
            return False
        self._taken += what == DEPLOYMENT and not self._refused
        self._hold_texts(what, answers)
        last = answers[-1]
        if taken is not None and isinstance(last, m.DeployStatus):
            self.slot.hold(f"the bytes received in DEPLOY_STATUS of {what}", last.received, taken)
        return True

    def _hold_texts(self, what: str, answers: list[Payload]) -> None:
        """What has begun has nothing yet, and what is refused has a reason."""
        for answer in answers:
            if not isinstance(answer, m.DeployStatus):
                continue
            if answer.state == m.DeployState.RECEIVING:
                self._hold_nothing(what, answer.received)
                self._hold_text(f"the text of DEPLOY_STATUS as {what} begins", answer.text, "")
            elif answer.state == m.DeployState.REFUSED and not answer.text:
                self.slot.note(f"{what} is refused, and DEPLOY_STATUS has no reason in it")

    def _hold_nothing(self, what: str, received: int) -> None:
        """Nothing came of what has just begun; told once."""
        begins = "the bytes received as "
        if received and not any(text.startswith(begins) for text in self.slot.wrong):
            about = ANNOUNCED if received in self._lengths else ""
            self.slot.note(f"{begins}{what} begins is {received:,}, 0 is right", about)

    def _hold_name(self, answers: list[Payload], bundle: Bundle) -> None:
        last = answers[-1] if answers else None
        if isinstance(last, m.DeployStatus) and last.state != m.DeployState.REFUSED:
            self._hold_text("the name in DEPLOY_STATUS", last.text, bundle.name)

    def _hold_text(self, what: str, theirs: bytes, right: str) -> None:
        """A text of theirs, told in words, with the bundle that it names."""
        text = theirs.decode(errors="replace")
        names = {self.first.name: "deployed first", self.second.name: "deployed last"}
        names[self._bundle.name] = "compiled in"
        if theirs != right.encode():
            whose = f" (the bundle {names[text]})" if text in names else ""
            about = how_bytes(theirs, right.encode())
            self.slot.note(
                f"{what} is {text!r}{whose}, {right!r} is right", about and f"{about}; {SENDS_TEXT}"
            )

    def _hold_places(self, image: bytes) -> None:
        """A piece is taken where the one before it ended, and nowhere else, and none behind the end of a deployment."""
        begin, receiving = m.DeployBegin(length=len(image)), m.DeployState.RECEIVING
        # what was refused before must not keep a piece that belongs to nothing from being refused
        self._hold_states(
            "a piece behind a deployment that was abandoned",
            self.ask((begin, m.DeployAbandon(), m.DeployData(0, image[:STEP]))),
            *(receiving, m.DeployState.ABANDONED, REFUSED),
        )
        for what, at in (("a piece that leaves a gap", 2 * STEP), ("a piece that came before", 0)):
            first, next_one = (m.DeployData(place, image[place : place + STEP]) for place in (0, at))
            answers = self.ask((begin, first, next_one))
            if not self._hold_states(what, answers, receiving, REFUSED, why=MISPLACED):
                self._device.heard.suspects = SUSPECTS[MISPLACED]


def request_of(request: Payload) -> Request:
    """A request as it is exchanged."""
    return request.TYPE, request.encode()
