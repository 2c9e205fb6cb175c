"""What a time is instead of the one that it is said to be, where that shows in all windows or in many."""

from ..record import RunRecord

LEAST = 8  # windows, so that none of this is chance
MEAN = 1.001  # of the slowest column's share: figures are rounded


def other_times(run: RunRecord) -> list[str]:
    """Sentences about the times of all files' windows; empty: nothing plain."""
    times = [file.times for file in run.files]
    windows = sum(each.windows - each.saturated for each in times)
    if windows < LEAST:
        return []
    found = []
    of_one, several = (sum(getattr(each, name) for each in times) for name in ("of_one_column", "of_several"))
    if of_one == several >= LEAST and any(each.below_slowest for each in times):
        found.append(
            f"the front end takes no longer than its slowest column in all {several:,} windows of several columns: its "
            "time is that of one column"
        )
    understated = sum(each.understated for each in times)
    if 0 < understated < windows and max(each.most_share for each in times) > MEAN:
        found.append(
            f"in {understated:,} of {windows:,} windows the columns take longer than the slowest of them allows: its "
            "time is another one's, the last one's or the first one's, say"
        )
    if sum(each.longer for each in times) == windows:
        found.append(
            f"the total is more than front end and inference in all {windows:,} windows: it counts other time, too"
        )
    return found
