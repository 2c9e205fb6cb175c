"""The board ran through without a restart and without complaint."""

from ...link import messages as m
from ...printable import counted
from ..cause import Cause
from ..questions import QUESTIONS
from ..record import LogRecord, RunRecord
from .finding import Finding, broken, judged, not_examined, shown

LOG_LESS = "the firmware logs more than its line carries; use a faster line (--baud) or let it log less, and run again"
TOLD_ERRORS = 3
LEAST_COUNTS = 3  # of lost lines, for another count to be the same by no chance
U32 = 1 << 32
PERIODS_S = {
    "32 bits of nanoseconds": U32 / 1e9,
    "16 bits of milliseconds": 65.536,
    "24 bits of microseconds": 2**24 / 1e6,
    "32 bits of microseconds": U32 / 1e6,
    "its seconds left out": 1.0,
    "its minutes left out": 60.0,
}  # after which a clock begins anew
ROUNDING_S = 0.002  # of two uptimes
NARROW = 0.1  # of a period: what is known less closely may be any of several
UNREACHED = "the board was not reached"


def find_uninterrupted(run: RunRecord) -> Finding:
    """The board did not restart."""
    if not run.info.protocol:
        return not_examined(UNREACHED)
    restarts = [
        f"{name}: {cause}; {'they were asked' if name == QUESTIONS else 'the file was streamed'} again"
        for name, cause in run.restarts
    ]
    reasons = shown(restarts)
    boots = f"boot id {run.info.boot_id:08x}"
    if run.told_boot_id is not None and run.told_boot_id != run.info.boot_id and not run.restarts:
        reasons.append(
            Cause(
                f"INFO says boot id {run.info.boot_id:08x}, and the answer to SYNC before it {run.told_boot_id:08x}: "
                "one of both is not the number that the board began with (session_send_info in "
                "firmware/core/session/info.c, begin_sync_ack in firmware/core/link/send.c)"
            )
        )
    if run.last_info is not None and not run.restarts and run.last_info.boot_id != run.info.boot_id:
        reasons.append(
            f"the boot id was {run.info.boot_id:08x} and is {run.last_info.boot_id:08x}: the board restarted "
            f"unseen ({reset_name(run.last_info.reset_reason)})"
        )
    if run.uptime.fell and not run.restarts:
        known = run.last_info is not None and run.last_info.boot_id == run.info.boot_id
        why = f"its boot id is the same, so the clock {_round(run)}" if known else "it restarted unseen"
        reasons.append(f"the board's clock went back: {why}")
    if run.last_info is None and not reasons:
        return not_examined("the board was not asked at the end", boots)
    return judged(f"{len(run.restarts)} restarts, {boots}", reasons)


def _round(run: RunRecord) -> str:
    """What a clock does that went back without a restart."""
    if run.uptime.round_s is not None:
        least, most = run.uptime.round_s
        hz = run.info.clock_hz
        periods = PERIODS_S | ({f"32 bits of ticks at {hz:,} Hz": U32 / hz} if hz else {})
        fitting = [
            (name, period)
            for name, period in periods.items()
            if least - ROUNDING_S <= period <= most + ROUNDING_S and most - least < NARROW * period
        ]
        if fitting:
            name, period = fitting[0]
            return f"goes round after {period:,.6g} s, which is {name}"
    return "goes round or is set back"


def reset_name(reason: int) -> str:
    """Why a board booted, in words."""
    known = {entry.value: entry.name.lower().replace("_", " ") for entry in m.ResetReason}
    return known.get(reason, f"reset reason {reason}")


def _of_no_log(log: LogRecord) -> str:
    """What shows that a count of lost lines is none, in words; empty: nothing."""
    alike, most = log.alike or set(), max(log.counts, default=0)
    if len(alike) == 1 and len(log.counts) >= LEAST_COUNTS:
        (name,) = alike
        return f"STATUS tells up to {most:,} log_dropped, and as many {name} each time: that is another field's number"
    if log.fell:
        return f"STATUS tells log_dropped up to {most:,}, and fewer later: lines that were lost stay so"
    return ""


def find_device_log(run: RunRecord) -> Finding:
    """The firmware logged no error."""
    log = run.log
    evidence = f"{log.lines:,} lines, {log.errors:,} of them errors"
    if log.warnings:
        evidence += f", {counted(log.warnings, 'warning')}: {log.first_warning}"
    if log.errors:
        told = [f"the firmware logged an error: {text}" for text in log.first_errors[:TOLD_ERRORS]]
        more = log.errors - len(told)
        return broken(evidence, *told, *([f"and {more:,} more"] if more else []))
    if log.unknown:
        levels = ", ".join(map(str, sorted(log.unknown)))
        return broken(
            evidence, f"the firmware logged lines of level {levels}, which the protocol does not know"
        )
    if log.dropped is None:
        return not_examined("the board was not asked how many lines it dropped", evidence)
    if wrong := _of_no_log(log):
        return broken(evidence, wrong)
    if log.dropped:
        return not_examined(f"{log.dropped:,} lines of the log were lost: {LOG_LESS}", evidence)
    return judged(evidence, [])
