"""The board's own counts, of its work and of its line."""

from collections.abc import Callable

from ...link import messages as m
from ...link.framing import LONGEST
from ...printable import counted
from ..cause import with_cause
from ..checks.begun_anew import CLEARED
from ..checks.checked import LINE
from ..checks.pieces_counted import CUT
from ..file import FileComparison
from ..record import RunRecord
from ..wrong_number import how, numbers_beside, of_all, whose
from .finding import Finding, judged, not_examined, shown
from .flags_of_frames import early_questions, needless_gaps
from .other_figures import counted_in, noise_of_frames, of_exact_figures
from .values import NO_FILE

FACTOR = 4  # damaged frames for each one that was sent again: acknowledgements are not sent again
FACTOR_ENDS = 4  # between what one end of the line sent and the other received
SPARE_BYTES = 20_000
# Where nothing is lost both ends count the same but for what is under way when the board is asked: an acknowledgement
# or two, and what begins a connection. Measured: 2 frames and 255 bytes, in every run.
SPARE_WHOLE, SPARE_WHOLE_BYTES = 20, 4_000
SEEN_FRAMES, SEEN_BYTES = 4, 512
# Of a count that is no whole multiple but by chance: 2 to 5 times the right one, each give or take as many spares, are
# (2 + 3 + 4 + 5) * 2 / 200 of these numbers.
LEAST_SEEN = 200
FACTOR_QUESTIONS = 2
U32 = 1 << 32
LEAST_FRAME, MOST_FRAME = (
    16,
    24,
)  # bytes of a frame besides its payload: head, checksum, what COBS adds, a zero or two
PARTS = {10: "its head has", 4: "its checksum has", 14: "its head and its checksum have"}
PART_SPARE = 50  # one in so many bytes of a part may be more or fewer, for what is under way
LEAST_FILES = 2  # in all of which a count is another one by no chance
UNDER_WAY = 50  # as many times what may be under way is a count, or what bits hold of it
LEAST_SPARES = 10  # as many times what may be under way is a count that another one is by no chance
ROOMS = tuple(1 << bits for bits in range(8, 17))  # bytes that a buffer may hold
LEAST_ROOMS = 10
LEAST_OF_ROOM = 1.5  # times as much as came: less is what is still on its way
LEAST_SUM = 200  # times the longest frame: a sum of so much is not one frame's
SEVERAL = range(2, 6)
SPARE = 50  # what is no fault of any length of run: a start in the middle of something

COUNTED: dict[str, Callable[[FileComparison], tuple[int | None, int]]] = {
    "columns": lambda file: (None if file.status is None else file.status.columns, file.columns_received),
    "windows": lambda file: (None if file.status is None else file.status.windows, file.windows),
    "inferences": lambda file: (file.inferences, file.windows if file.inference else 0),
}


def find_counters(run: RunRecord) -> Finding:
    """STATUS counts the columns, windows and inferences that arrived."""
    told = [file for file in run.files if file.status is not None]
    if not told:
        return not_examined("no STATUS was taken after a file" if run.files else NO_FILE)
    reasons = []
    for what in COUNTED:
        reasons += _of_files(what, told)
    sent = [run.sent_windows, run.counted_on]
    if run.stimuli is not None:
        sent.append((run.stimuli.inferences, run.stimuli.sent))
    reasons += [_of_sent(tells, right, not reasons) for tells, right in sent if tells != right]
    windows, columns = sum(file.windows for file in told), sum(file.columns_received for file in told)
    return judged(f"{columns:,} columns, {windows:,} windows in {counted(len(told), 'file')}", shown(reasons))


def _of_sent(tells: int, right: int, files_right: bool) -> str:
    """Windows sent by themselves of which STATUS counts something else."""
    if tells > U32 // 2:
        told = f"STATUS counts {U32 - tells:,} inferences fewer than before {right:,} windows were sent"
        if bits := _bits(tells, right):
            return f"{told}: it is told in {bits} bits"
        return f"{told}: the count went back, as one that is set back, or of a stream alone, does"
    told = f"STATUS counts {tells:,} inferences of {right:,} windows sent"
    if not tells and files_right:
        return f"{told}: those sent by themselves are not counted, and those of streams are"
    return with_cause(told, how(tells, right))


def _bits(tells: int, right: int) -> int:
    """In how many bits a count is told that went back instead of on; 0: that is not why."""
    return next((bits for bits in (8, 16, 24) if right + U32 - tells == 1 << bits), 0)


def _of_files(what: str, files: list[FileComparison]) -> list[str]:
    """Files after which STATUS counts something else than came."""
    found, counts = [], [COUNTED[what](file) for file in files]
    known = [
        (file, tells, right) for file, (tells, right) in zip(files, counts, strict=True) if tells is not None
    ]
    others = {
        "detections": [len(file.device_changes) for file, *_ in known],
        "streams": [1] * len(known),
    }
    each = _of_each(what, files)
    about = each or of_all([tells for _, tells, _ in known], [right for *_, right in known], others)
    total = [file.status.inferences for file, *_ in known if file.status is not None]
    if about and what == "windows" and [tells for _, tells, _ in known] == total:
        about += "; the count of all inferences, which does so, may be told in its place"
    for file, tells, right in known:
        if tells != right:
            beside = {"its columns": file.columns_received, "its windows": file.windows}
            seen = f"{file.name}: {_figures(what, file, tells, right, bool(each))}"
            found.append(with_cause(seen, about or how(tells, right, beside)))
    return found


def _figures(what: str, file: FileComparison, tells: int, right: int, around: bool) -> str:
    """What STATUS counts of a file: what came to it, or, of a count that went back, what it was and is."""
    back = tells > U32 // 2
    if not back and not around:
        return f"STATUS counts {tells:,} {what}, {right:,} arrived"
    now = getattr(file.status, what)
    before = (now - tells) % U32
    told = f"STATUS counts {now:,} {what} after it, {before:,} before it, and {right:,} arrived"
    if not back:
        return told
    bits = _bits(tells, right)
    return f"{told}: it is told in {bits} bits" if bits else f"{told}: the count went back"


def _of_each(what: str, files: list[FileComparison]) -> str:
    """That a count of all that happened since the board started is one of each file."""
    counts = [getattr(file.status, what) for file in files]
    for words, own in (
        ("windows", [file.windows if file.inference else 0 for file in files]),
        ("columns", [file.columns_received for file in files]),
        ("detections", [len(file.device_changes) for file in files]),
    ):
        if what == "inferences" and counts == own and sum(map(bool, own)) >= LEAST_FILES:
            return (
                f": it is the number of {words} of the last stream, and not of all since the board started; what "
                "counts it is session_count_inference in firmware/core/session/model.c, and no stream begins it anew"
            )
    return ""


def find_line(run: RunRecord) -> Finding:
    """Nothing overran, and no more was damaged than the line explains."""
    status = run.status
    if status is None:
        return not_examined("no STATUS was taken at the end")
    damaged = status.crc_errors + status.framing_errors
    repeated = run.host_link.get("retransmitted", 0)
    evidence = (
        f"{damaged:,} damaged of {status.rx_frames:,} frames, {repeated:,} sent again, "
        f"{status.overruns:,} overruns"
    )
    reasons = []
    if status.overruns:
        of_other = _of_status(status, "overruns")
        reasons.append(with_cause(f"the board tells {status.overruns:,} overruns of its buffer", of_other))
    if run.exact_line:
        ours = run.host_link.get("damaged_frames", 0) - run.damaged_at_start
        if damaged > run.reconnected:  # a restart cuts a frame in two, and the board hears the rest of it
            names = [name for name in ("crc_errors", "framing_errors") if getattr(status, name)]
            of_other = _of_status(status, names[0]) if len(names) == 1 else ""
            seen = f"the board tells {damaged:,} damaged frames on a line that damages none"
            if _in_pieces(run, CUT):
                return judged(evidence, [*reasons, seen])  # from which all else follows
            reasons.append(with_cause(seen, of_other))
        if ours > 0 and not run.reconnected:
            about = f": {run.damaged_as}" if run.damaged_as else ""
            reasons.append(
                with_cause(f"{ours:,} frames of the board came damaged over a line that damages none", about)
            )
    elif run.damaged_as:
        reasons.append(f"frames of the board come damaged, and not by the line: {run.damaged_as}")
    if not run.reconnected and not run.exact_line and status.crc_errors > FACTOR * repeated + SPARE:
        reasons.append(
            f"the board tells {status.crc_errors:,} damaged frames, and only {repeated:,} had to be sent again"
        )
    if not run.reconnected and not status.rx_frames:
        reasons.append("the board tells no frame at all")
    reasons += needless_gaps(run) + early_questions(run)
    return judged(evidence, reasons + _whole_line(run, status) + _both_ends(run, status))


def _is_whole(run: RunRecord) -> bool:
    """Whether the line loses nothing, and was the same throughout."""
    return run.exact_line and not run.reconnected


def _of_status(status: m.Status, field: str) -> str:
    """Which other count of STATUS a wrong one is, in words behind a colon; empty: none, or several."""
    return whose(getattr(status, field), numbers_beside(status, field))


def _whole_line(run: RunRecord, status: m.Status) -> list[str]:
    """On a line that loses nothing no frame comes early or twice, and there is no noise."""
    if not _is_whole(run):
        return []
    return (
        [
            with_cause(
                f"the board tells {count:,} {what} on a line that loses nothing",
                of_exact_figures(run, status, name)
                or _of_status(status, name)
                or (noise_of_frames(status) if name == "noise_bytes" else ""),
            )
            for what, name in (
                ("frames that came too early", "gaps"),
                ("bytes of noise", "noise_bytes"),
                ("frames that it had before", "duplicates"),
            )
            if (count := getattr(status, name))
        ]
        + [
            f"{count:,} frames of the board came twice over a line that loses nothing"
            for count in (run.host_link.get("duplicates", 0) - run.host_at_start.get("duplicates", 0),)
            if count > 0
        ]
        + _questions(run, status)
    )


def _questions(run: RunRecord, status: m.Status) -> list[str]:
    """Each question of the board's is counted; a busy computer brings many, some after it was asked for counts."""
    if "questions" not in run.host_link:
        return []
    tells, right = status.timeouts, _since_start(run, "questions")
    more = tells > FACTOR_QUESTIONS * right + SPARE_WHOLE
    if not more and right <= FACTOR_QUESTIONS * tells + SPARE_WHOLE:
        return []
    about = ": it is not counted" if not tells else of_exact_figures(run, status, "timeouts")
    about = about or _of_status(status, "timeouts")
    if not about and more and tells <= _since_start(run, "rx_frames"):
        about = (
            ": as if it were counted where the time for a question begins to run, with what is sent behind a pause "
            "(link_keep_timer), and not where one is asked (link_note_question, both in firmware/core/link/timer.c)"
        )
    seen = f"the board tells {tells:,} timeouts, and asked {right:,} times how far the host is"
    return [with_cause(seen, about)]


def frames_agree(run: RunRecord) -> bool:
    """Whether the board has counted about as many frames as were sent to it, so far as both are known."""
    if run.status is None or "tx_frames" not in run.host_link or run.reconnected:
        return True
    spare = SPARE_WHOLE if _is_whole(run) else SPARE
    return abs(run.status.rx_frames - _since_start(run, "tx_frames")) <= spare


def bytes_agree(run: RunRecord) -> bool:
    """Whether the board has counted about as many bytes as were sent to it, so far as both are known."""
    if run.status is None or "tx_bytes" not in run.host_link or run.reconnected or not _is_whole(run):
        return True
    return abs(run.status.rx_bytes - _since_start(run, "tx_bytes")) <= SPARE_WHOLE_BYTES


def _both_ends(run: RunRecord, status: m.Status) -> list[str]:
    """What one end sent is about what the other received, since the counters began anew."""
    if run.reconnected:
        return []
    found = []
    whole = _is_whole(run)
    factor = 1 if whole else FACTOR_ENDS
    frames, count = (SPARE_WHOLE, SPARE_WHOLE_BYTES) if whole else (SPARE, SPARE_BYTES)
    for theirs, ours, spare in (
        ("rx_frames", "tx_frames", frames),
        ("tx_frames", "rx_frames", frames),
        ("rx_bytes", "tx_bytes", count),
        ("tx_bytes", "rx_bytes", count),
    ):
        if ours not in run.host_link:
            continue
        tells, right = getattr(status, theirs), _since_start(run, ours)
        if tells > factor * right + spare or right > factor * tells + spare:
            asked = run.checks.get(LINE)
            if asked is not None and CLEARED in asked.causes:
                continue  # which says why
            about = (
                _still(theirs, tells, right)
                or of_exact_figures(run, status, theirs)
                or _of_room(tells, right)
                or (_times(tells, right, theirs) if whole else "")
                or _cut(tells, right)
            )
            about = (
                _in_pieces(run, theirs)
                or about
                or _payloads(run, theirs, tells, right)
                or _of_other(run, ours, tells)
            )
            about = about or _of_last(theirs, tells, right) or _of_status(status, theirs)
            about = about or (counted_in(status, theirs, tells - right, _seen(theirs)) if whole else "")
            found.append(with_cause(f"the board tells {theirs} {tells:,}, the host {ours} {right:,}", about))
    return found


def _in_pieces(run: RunRecord, name: str) -> str:
    """What was seen to be counted in the place of frames, when the line was tried, in words behind a colon."""
    asked = run.checks.get(LINE)
    return asked.causes.get(name, "") if asked is not None else ""


def _still(name: str, tells: int, right: int) -> str:
    """What a count is that stays 0, in words behind a colon."""
    if tells or right <= UNDER_WAY:
        return ""
    # An idle board writes nothing, so a count of the last call alone is 0 as well.
    last = ", or set to what one call writes (link_output in firmware/core/link/send.c)"
    return ": it is not counted" + (last if name == "tx_bytes" else "")


def _of_last(name: str, tells: int, right: int) -> str:
    """That a count is no sum: it is no more than the last one of many takes."""
    most, what = (LONGEST, "what a frame takes") if name.endswith("_bytes") else (1, "one frame")
    if right < LEAST_SUM * most or tells > most:
        return ""
    where = (
        "link_output in firmware/core/link/send.c"
        if name.startswith("tx")
        else "firmware/core/link/receive.c"
    )
    return (
        f": that is no more than {what}, as where what came or went last is put in the place of the sum (= instead of "
        f"+=, {where})"
    )


def _of_room(tells: int, right: int) -> str:
    """That a count is of whole buffers, however much lay in them."""
    rooms = [room for room in ROOMS if tells % room == 0]
    if not rooms or tells < LEAST_OF_ROOM * right or tells < LEAST_ROOMS * rooms[-1]:
        return ""
    room = rooms[-1]
    return f": it is {tells // room:,} times {room:,}, as if each time all that a buffer holds were counted"


def _times(tells: int, right: int, name: str) -> str:
    """That each is counted several times: as often to the byte, but for what is under way, as far as that was seen."""
    spare = _seen(name)
    if right <= LEAST_SEEN * spare:
        return ""
    times = round(tells / right)
    off = abs(tells - times * right)
    return f": each is counted {times} times" if times in SEVERAL and off <= times * spare else ""


def _seen(name: str) -> int:
    """How much of a count is under way at most, as was seen."""
    return SEEN_BYTES if name.endswith("_bytes") else SEEN_FRAMES


def _since_start(run: RunRecord, name: str) -> int:
    """The host's count since the board's began anew."""
    return run.host_link[name] - run.host_at_start.get(name, 0)


def _of_other(run: RunRecord, ours: str, tells: int) -> str:
    """That a count is about another one's of the line, in words behind a colon."""
    for other in ("tx_frames", "rx_frames", "tx_bytes", "rx_bytes"):
        if other == ours or other not in run.host_link:
            continue
        right = _since_start(run, other)
        spare = SPARE_WHOLE_BYTES if other.endswith("_bytes") else SPARE_WHOLE
        if right > LEAST_SPARES * spare and abs(tells - right) <= spare:
            return f": that is about the host's {other}"
    return ""


def _payloads(run: RunRecord, theirs: str, tells: int, right: int) -> str:
    """What of each frame is not counted, in words behind a colon: all but its payload, or a part of that."""
    sent = "tx_frames" if theirs == "rx_bytes" else "rx_frames"
    frames = run.host_link.get(sent, 0) - run.host_at_start.get(sent, 0)
    missing = right - tells
    if not theirs.endswith("_bytes") or not frames:
        return ""
    each = f": {missing / frames:.0f} bytes for each of {frames:,} frames are missing, which is what"
    if LEAST_FRAME * frames <= missing <= MOST_FRAME * frames:
        return f"{each} a frame has besides its payload"
    parts = [
        words for size, words in PARTS.items() if abs(missing - size * frames) * PART_SPARE <= size * frames
    ]
    return f"{each} {parts[0]}" if parts and _is_whole(run) else ""


def _cut(tells: int, right: int) -> str:
    """That a count is about the low bits of the right one, where it is; what is under way is not counted."""
    for bits in (8, 16, 24):
        if right >> bits and abs(tells - right % (1 << bits)) * UNDER_WAY <= 1 << bits:
            return f": it is told in {bits} bits"
    return ""
