"""Which column's time is told as the slowest one's: windows in which one column is made to take long."""

from collections.abc import Iterator

from ...bundle.load import Bundle
from ...link import messages as m
from .answers import Exchanging, Request, send
from .cut_streams import made_sound

STREAM = 64_000  # unlike those of files and of other checks
PLACES = ("", "first", "middle", "last")  # of a window's columns, windows of which follow each other
TIMES = 3  # that they do
LEAST_COLUMNS = 3  # of a window, to have one between the first and the last
LEAST_LONGER = (
    0.1  # of a column's time: as much longer one that comes in single samples must be told somewhere
)
SEEN = 0.5  # of the most that shows anywhere


def ask_slow_columns(device: Exchanging, bundle: Bundle) -> str:
    """Send single columns in messages of one sample, which take longer so, and see in which places that shows.

    Args:
        device: idle.
        bundle: that it runs.

    Returns:
        The place of the columns whose time is told as the slowest one's: "first" or "last"; empty: it shows in all
        places, as it must, or too little of it.

    Raises:
        HilError: the board failed.
    """
    if bundle.stride < LEAST_COLUMNS:
        return ""
    answers = device.exchange(list(_requests(bundle, device.max_payload // 2)))
    windows = [answer for answer in answers if isinstance(answer, m.WindowResult)][1:]
    if len(windows) != TIMES * len(PLACES):
        return ""
    by_place = {place: windows[at :: len(PLACES)] for at, place in enumerate(PLACES)}
    # the least of each, as load only makes them longer; all such columns are sent alike, so what one shows all would
    slowest = {place: min(each.frontend_max_ns for each in those) for place, those in by_place.items()}
    longer = {place: slowest[place] - slowest[""] for place in PLACES[1:]}
    column_ns = min(each.frontend_ns for each in by_place[""]) / bundle.stride
    if max(longer.values()) < LEAST_LONGER * column_ns:
        return ""
    seen = [place for place, by in longer.items() if by > SEEN * max(longer.values())]
    return seen[0] if len(seen) == 1 and seen[0] != "middle" else ""


def _requests(bundle: Bundle, most: int) -> Iterator[Request]:
    settings, stride = bundle.settings, bundle.stride
    count = settings.samples_for(bundle.frames + TIMES * len(PLACES) * stride)
    sound, at = made_sound(count, settings.sample_rate), 0
    yield send(m.StreamStart(STREAM, m.StreamFlag(0)))
    for window in range(TIMES * len(PLACES)):
        place = {"first": 0, "middle": stride // 2, "last": stride - 1}.get(PLACES[window % len(PLACES)])
        if place is None:
            continue
        column = bundle.frames + window * stride + place
        for begin, end, size in (
            (at, settings.samples_for(column), most),
            (settings.samples_for(column), settings.samples_for(column + 1), 1),
        ):
            for piece in range(begin, end, size):
                yield m.Audio.TYPE, sound[piece : min(piece + size, end)].tobytes()
        at = settings.samples_for(column + 1)
    # the last window's slow column is its last one, so nothing is left to send
    yield send(m.StreamEnd(STREAM))
