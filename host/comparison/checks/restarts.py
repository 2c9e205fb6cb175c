"""Restarts on request, and what a board says of them: why it booted, its boot id, and what begins anew."""

import time

from ...errors import HilError
from ...link import messages as m
from .checked import Checked
from .overheard import Overheard
from .slot_causes import SAME_ID

RESTART_S = 20.0
CLOCKS = 1.1  # by which the clocks of host and board go apart
SPARE_S = 0.1
SAME_S = 5.0  # for a restart of a board that keeps its boot id, which is not heard of
UNLIKE = (
    10  # times what passed since a restart: an uptime before it of as much is known from one that began anew
)
IN_INFO = "session_send_info in firmware/core/session/info.c"
GOES_ON = (
    "its clock goes on through it; look at what uptime_ms is made of (session_send_status in "
    "firmware/core/session/info.c), and at what that clock begins from when the board boots (now_us of the target)"
)


class Restarts:
    """Restarts a board as often as it is asked to.

    Args:
        device: connected.
        rate: of the board's clock, as it was seen before: what is wrong with it is told there.

    Attributes:
        found: what was wrong with restarts.
        reasons: that were told before and after each.
    """

    def __init__(self, device: Overheard, rate: float) -> None:
        self._device, self._rate = device, max(1.0, rate)
        self._goes_on = False  # whether it was told that its clock does
        self._same_ids = 0  # restarts behind which the boot id was the one before
        self.found = Checked()
        self.reasons: list[tuple[int, int]] = []
        self._sources: list[int] = []  # of the bundle, as told behind each

    def once(self) -> None:
        """Restart the board, and look at what it says of that.

        Raises:
            HilError: it does not restart, or does not come back.
        """
        before, uptime_ms = self._device.info(), self._device.device.status().uptime_ms
        began = time.monotonic()
        try:
            after = self._device.reset(RESTART_S if self._same_ids == 0 else SAME_S)
        except HilError as error:
            self.found.note(error.cause)
            raise
        self.reasons.append((before.reset_reason, after.reset_reason))
        self._sources.append(after.bundle_source)
        status = self._device.device.status()
        self._same_ids += after.boot_id == before.boot_id
        self.found.hold("after a restart STATUS counts inferences, which", status.inferences, 0)
        most = 1000 * self._rate * (CLOCKS * (time.monotonic() - began) + SPARE_S)
        if after.boot_id == before.boot_id and self._same_ids == 1:
            self.found.note(
                SAME_ID if status.uptime_ms <= most else "the boot id is the same after a restart"
            )
        if status.uptime_ms > most:
            # one that was set back, and counts in another unit, may come to as much by chance as it had before
            goes_on = uptime_ms > UNLIKE * most and 0 <= status.uptime_ms - uptime_ms <= most
            if goes_on and self._goes_on:
                return  # it is told
            self._goes_on = goes_on
            about = f": {GOES_ON}" if goes_on else ""
            self.found.note(
                f"after a restart STATUS tells {status.uptime_ms:,} ms of uptime, and it was asked for at most "
                f"{most:,.0f} ms ago",
                about,
            )

    def hold_reasons(self) -> None:
        """Each restart was asked for, and a board says so."""
        right = int(m.ResetReason.SOFTWARE)
        wrong = [told for told in self.reasons if told[1] != right]
        if not wrong:
            return
        whats = {reason for told in self.reasons for reason in told}
        of_source = set(self._sources) == {right}  # no bundle has that one behind a restart: it is a trial's
        told = f"after a restart on request the reset reason is {wrong[0][1]:,}, {right} is right"
        if of_source:
            told += f": that is what bundle_source tells each time, so one is told for the other ({IN_INFO})"
        elif len(whats) == 1 and wrong[0][1] == m.ResetReason.UNKNOWN:
            told += f": it was 0 before, too, and is after each of {len(wrong)}, so it is never set"
        elif len(whats) == 1:
            told += f": it was so before, too, and is after each of {len(wrong)}: it is always the same"
        elif all(after == before for before, after in wrong):
            told += ": it is that of the start before, and comes too late"
        self.found.note(told)
