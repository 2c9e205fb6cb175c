"""The count of the log's lost lines: what shows that it is none."""

import pytest

from ...link import messages as m
from .conduct import find_device_log
from .conftest import Make, broken
from .finding import Status

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("told", "others", "right"),
    [
        ((3, 40, 90), {}, True),
        ((3, 3, 90), {}, False),  # too few numbers
        ((3, 40, 90), {"windows": (3, 40, 90)}, False),  # one or the other
        ((3, 40, 90), {"inferences": (3, 40, 91)}, False),
    ],
)
def test_a_count_of_lost_lines_that_is_another_count_is_told(
    record: Make, told: tuple[int, ...], others: dict[str, tuple[int, ...]], right: bool
) -> None:
    run, before = record(), None
    run.log.dropped = None
    for at, count in enumerate(told):
        counts: dict[str, int] = {"inferences": count} | {name: counts[at] for name, counts in others.items()}
        status = m.Status(log_dropped=count, **counts)
        run.log.count_dropped(status, before)
        before = status
    found = find_device_log(run)
    assert run.log.dropped == told[-1] - told[0]
    wrong = (
        "STATUS tells up to 90 log_dropped, and as many inferences each time: that is another field's number"
    )
    assert (found.reasons == (wrong,)) == right
    if not right:
        assert found.status == Status.NOT_EXAMINED


def test_a_count_of_lost_lines_that_falls_is_seen(record: Make) -> None:
    run = record()
    for count, before, fell in ((5, None, False), (5, 5, False), (1, 0xFFFFFFFF, False), (4, 5, True)):
        earlier = None if before is None else m.Status(log_dropped=before)
        run.log.count_dropped(m.Status(log_dropped=count), earlier)
        assert run.log.fell == fell
    run.log.dropped = 7
    assert find_device_log(run) == broken(
        "0 lines, 0 of them errors",
        "STATUS tells log_dropped up to 5, and fewer later: lines that were lost stay so",
    )
