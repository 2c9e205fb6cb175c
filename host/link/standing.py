"""How a connection stands that brings nothing any more, and what that says of the other end."""

from collections.abc import Sequence
from typing import NamedTuple

from .messages import FIRST_SEQUENCED_TYPE, MAX_PAYLOAD, Answer, SyncAck
from .protocol import record_cost

NUMBERS = 1 << 16
LEAST_BITS = 7  # of a number
NEAR = 64  # frames that one acknowledgement may tell
MOST_ANSWERS, LEAST_ANSWERS = 2, 32  # to a question, and beyond that, for them to be asked by nobody
LEAST_FRAMES = 3  # that tell the same, for it to be how the other end is
HEAD = "begin_connected_frame in firmware/core/link/send.c"
UNHEARD = "it answered SYNC, and no frame of that connection came"
OR_SENDS_NOT = (
    ": it does not take that for true, or does not send what it has; look at what takes acknowledgements and credit "
    "(link_take_acknowledgement and acknowledge in firmware/core/link/acknowledge.c), at the newest number that may be "
    "acknowledged (sent_before, begin_data in firmware/core/link/send.c), and at what lets a frame go (link_data_fits "
    "there)"
)
LEAST_ASKED = 4  # questions since a frame with a number came, each of which was answered
LONGEST = record_cost(MAX_PAYLOAD)  # what the next frame takes at most
MOST_CREDIT = 0xFFFF  # which every frame of ours lets come
FIELDS = f"frame_pack_header in firmware/core/link/frame.c, {HEAD}"
RELEASE = "link_release in firmware/core/link/receive.c"


class HeardFrame(NamedTuple):
    """What is kept of a frame of the connection that came.

    Attributes:
        payload: a checksum of it.
        asks: whether it asks how far we are, and what it asked before was answered.
        gap: whether it says that a frame of ours is missing.
    """

    type: int
    seq: int
    ack: int
    credit: int
    payload: int
    asks: bool = False
    gap: bool = False

    @property
    def numbered(self) -> bool:
        """Whether its number is its own."""
        return self.type >= FIRST_SEQUENCED_TYPE


class Credits:
    """The credit of frames: the most, and which other field of a head it has always been.

    Attributes:
        most: in a frame.
    """

    def __init__(self) -> None:
        self.most = 0
        self._fields = {"ack", "seq"}
        self._unlike: set[int] = set()

    def note(self, frame: HeardFrame) -> None:
        """Take note of one more frame."""
        self.most = max(self.most, frame.credit)
        self._fields = {name for name in self._fields if getattr(frame, name) == frame.credit}
        if len(self._unlike) < LEAST_FRAMES:
            self._unlike.add(frame.credit)

    @property
    def always(self) -> str:
        """Its name; empty: none, or too few unlike ones came."""
        return min(self._fields, default="") if len(self._unlike) >= LEAST_FRAMES else ""


class Told(NamedTuple):
    """What the answer to SYNC says.

    Attributes:
        room: bytes of the other end's receive buffer.
        credit: what its frame lets come.
        longest: bytes of the longest payload.
    """

    room: int = 0
    credit: int = 0
    longest: int = 0


class Standing(NamedTuple):
    """How a connection stands.

    Attributes:
        heard: the frames that came last, the newest behind.
        expected: number of the next frame that can be taken.
        taken: how many messages came.
        acked: number of the first of ours that is not acknowledged.
        sent: how many of those are under way.
        waiting: how long the payloads are that are not acknowledged.
        credit: what may be under way beyond `acked`.
        fell: from which to which number its acknowledgements fell; None: they did not.
        granted: the most that any frame of the connection let come, the answer to SYNC apart.
        cost: what all that came takes of the credit.
        asked: how many questions were sent, and how many answers to such came.
        told: what that says.
        credit_is: which other field of a head credit has been in all that came, see `Credits`.
        number: of the connection.
        others: of other connections, as frames have it that came since it stands, the last ones.
    """

    heard: Sequence[HeardFrame]
    expected: int
    taken: int
    acked: int
    sent: int
    waiting: Sequence[int]
    credit: int
    granted: int = 0
    fell: tuple[int, int] | None = None
    cost: int = 0
    asked: tuple[int, int] = (0, 0)
    told: Told = Told()
    credit_is: str = ""
    number: int = 0
    others: Sequence[int] = ()


def what_stands_still(standing: Standing) -> str:
    """What of the link's own is wrong that shows in what came, in a sentence; empty: nothing plain."""
    heard = [frame for frame in standing.heard if frame.type != SyncAck.TYPE]
    if not heard:
        return _unheard(standing)
    return (
        _answers(standing)
        or _numbers(standing, heard)
        or _acknowledged(standing, heard)
        or _asks(standing)
        or _credit(standing, heard)
    )


def _answers(standing: Standing) -> str:
    """It answers what nobody asks."""
    questions, answers = standing.asked
    if answers <= MOST_ANSWERS * questions + LEAST_ANSWERS:
        return ""
    return (
        f"it told {answers:,} times how far it is, and was asked {questions:,} times: that an answer is due is not set "
        "back when one is sent (answer_due, begin_next in firmware/core/link/send.c)"
    )


def _unheard(standing: Standing) -> str:
    if not standing.sent:
        return ""
    others = [number for number in standing.others if number != standing.number]
    if len(others) >= LEAST_FRAMES and len(set(others)) == 1:
        return (
            f"{UNHEARD}: {len(others)} came with connection {others[0]:#06x}, and {standing.number:#06x} is this one's "
            f"(connection, {HEAD})"
        )
    return (
        f"{UNHEARD}, nor of another one; it takes none of ours, or sends none "
        "(take_frame in firmware/core/link/receive.c, begin_next in firmware/core/link/send.c)"
    )


def _numbers(standing: Standing, heard: Sequence[HeardFrame]) -> str:
    """Frames that have another number than the next one."""
    numbered = [frame for frame in heard if frame.numbered]
    again = {frame.seq for frame in numbered if len({f.payload for f in numbered if f.seq == frame.seq}) > 1}
    if again:
        return (
            f"its frames have number {min(again)} again and again, with other contents: the number is not counted up "
            "(begin_data in firmware/core/link/send.c)"
        )
    ahead = [(frame.seq - standing.expected) % NUMBERS for frame in numbered]
    beyond = [number for number in ahead if 0 < number < NUMBERS // 2]
    if len(beyond) < LEAST_FRAMES or 0 in ahead:
        return ""
    first = (standing.expected + min(beyond)) % NUMBERS
    told = f"its frame number {standing.expected} never came, and number {first} did, {len(beyond)} frames in all"
    times = sum(frame.seq == first for frame in numbered)  # with one content, see above
    if times >= LEAST_FRAMES:
        return (
            f"{told}, the same one {times} times: it is sent again, and has another number than its own (seq, "
            f"{HEAD}), or numbers do not begin with 0 (next, link_begin_connection in firmware/core/link/link.c)"
        )
    return (
        f"{told}: frames have another number than their own (seq, {HEAD}), or what is missing is not sent again "
        "(go_back in firmware/core/link/acknowledge.c)"
    )


def _acknowledged(standing: Standing, heard: Sequence[HeardFrame]) -> str:
    """Acknowledgements that go back, or stay while what was asked is answered."""
    if not standing.sent:
        return ""
    if standing.fell is not None:
        before, after = standing.fell
        bits = before.bit_length()
        narrow = bits >= LEAST_BITS and (1 << bits) - before <= NEAR and after <= NEAR
        about = f": as if the number had {bits} bits" if narrow else ""
        return f"its acknowledgements fell from {before:,} to {after:,}{about} (ack, {HEAD})"
    acks = [frame.ack for frame in heard]
    beyond = [ack for ack in acks if standing.sent < ack]
    if not standing.acked and len(beyond) == len(acks) >= LEAST_FRAMES:
        return (
            f"its frames acknowledge number {acks[-1]:,}, and of this connection none beyond {standing.sent:,} was "
            "sent: a new connection does not begin with number 0 (expected, link_begin_connection in "
            "firmware/core/link/link.c), or another number is told"
        )
    if standing.taken and not any(acks) and not standing.acked and len(acks) >= LEAST_FRAMES:
        return (
            f"none of the last {len(acks)} frames of it acknowledges one of ours, though it sent {standing.taken:,} "
            f"messages: what it has taken is not told (ack, {HEAD})"
        )
    return _one_behind(standing, heard)


def _one_behind(standing: Standing, heard: Sequence[HeardFrame]) -> str:
    """Answers to questions that acknowledge all but our newest frame, and do not miss it."""
    answers = [frame for frame in heard if frame.type == Answer.TYPE][-LEAST_FRAMES:]
    same = all(frame.ack == standing.acked and not frame.gap for frame in answers)
    if standing.sent != 1 or len(answers) < LEAST_FRAMES or not same:
        return ""
    return (
        f"it answers each question how far it is with number {standing.acked:,}, that of our newest frame, and never "
        "that this one is missing: an acknowledgement names the next number that is expected, and not the last one "
        f"that came (ack, {HEAD}), or what is missing is not told (take_question in firmware/core/link/receive.c)"
    )


def times_asked(standing: Standing) -> int:
    """How often it asked for what has come and is acknowledged, since anything else came; 0: too seldom to say so."""
    if standing.sent:
        return 0  # perhaps it hears nothing of ours
    since = [at + 1 for at, frame in enumerate(standing.heard) if frame.numbered]
    asked = [frame.seq for frame in standing.heard[max(since, default=0) :] if frame.asks]
    right = len(asked) >= LEAST_ASKED and set(asked) == {standing.expected}
    return len(asked) if right else 0


def _asks(standing: Standing) -> str:
    """All that it sent has come and is acknowledged, and it asks for that again and again."""
    asked = times_asked(standing)
    if not asked:
        return ""
    told = (
        f"it asks again and again ({asked} times) whether what it sent has come, and each time is told that all "
        f"before number {standing.expected:,} has"
    )
    stopped = _stopped(standing)
    return f"{told}; {stopped}" if stopped else told + OR_SENDS_NOT


def _stopped(standing: Standing) -> str:
    """That it sent about as much as one grant of credit, and no more, behind what it asks; empty: it did not."""
    if MOST_CREDIT - LONGEST < standing.cost <= MOST_CREDIT:
        return (
            f"it has sent {standing.cost:,} bytes in all, heads counted, and does not go beyond the {MOST_CREDIT:,} "
            "that each frame of ours lets come: what is acknowledged is not taken off what is under way (in_flight, "
            "acknowledge in firmware/core/link/acknowledge.c), or credit that is told anew is not taken "
            "(link_take_acknowledgement there)"
        )
    return ""


def _credit(standing: Standing, heard: Sequence[HeardFrame]) -> str:
    """All that was sent is acknowledged, and nothing more may be sent."""
    if standing.sent or not standing.waiting:
        return ""
    needed = record_cost(standing.waiting[0])
    if standing.credit >= needed or any(frame.credit >= needed for frame in heard[-LEAST_FRAMES:]):
        return ""
    if not standing.granted and standing.taken >= LEAST_FRAMES:
        return (
            f"none of its frames lets anything come, though it has taken what was sent and sent {standing.taken:,} "
            f"messages: its room is not told (credit, {HEAD})"
        )
    stands = (
        f"it has acknowledged all that was sent, and lets {heard[-1].credit:,} bytes more come, of which the next "
        f"frame takes {needed:,}"
    )
    return f"{stands}: {_why_no_more(standing)}"


def _why_no_more(standing: Standing) -> str:
    """Why it lets no more come, by the most that it ever did."""
    kept = f"it goes on with nothing that it took, or room is not given back ({RELEASE})"
    granted, told = standing.granted, standing.told
    if standing.credit_is:
        return f"in each of its frames credit is what {standing.credit_is} is ({FIELDS})"
    if standing.taken < LEAST_FRAMES or not granted or told.credit != told.room or not told.room:
        return f"{kept}, or told as less than it is (credit, {HEAD})"
    if granted >= told.room - LONGEST:  # but for a message that it works on
        return f"at first it let {granted:,} of its {told.room:,} come, so {kept}"
    never = f"none of its frames ever let more than {granted:,} come, and its answer to SYNC {told.credit:,}"
    if granted == told.longest:
        never += (
            ", and that is the longest payload: what one payload may have is told (record_ring_space) in the place "
            "of what is free (record_ring_free)"
        )
    return f"{never}: its room is told as less than it is (credit, {HEAD})"
