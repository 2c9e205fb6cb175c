"""A row of the history for each pytest session that drove a board. Loaded when the first test asks for one.

With pytest-xdist each worker is a session of its own, with a board of its own.
"""

import secrets
from pathlib import Path
from typing import Protocol

import pytest

from ..comparison.latency import STAGES
from ..comparison.record import utc_now
from ..comparison.result import FAIL, INCOMPLETE, NOT_FINISHED, PASS
from ..configuration import held
from ..errors import HilError
from ..history.database import History
from ..history.location import history_url
from ..history.recording import MOST_REASONS, finite, histogram_of
from ..history.row import Details, RunRow
from ..history.surroundings import surroundings
from ..limits.figures import latency_figures, memory_figures, total_figures
from ..printable import printable_line
from .learned import SessionFacts, facts_of_session

NAME = "hil-session-row"
MOST_REASON = 300
OUTCOMES = ("passed", "failed", "skipped")
VERDICTS = {0: PASS, 1: FAIL, 5: INCOMPLETE}  # of pytest's exit codes; the others broke off


class Reporter(Protocol):
    """What pytest's terminal reporter is to this module."""

    def write_line(self, line: str) -> None:
        """Write a line of the summary."""


class SessionRow:
    """Counts tests, and writes the row when the session ends; whatever the history refuses, the session goes on.

    Args:
        config: the session's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._date = utc_now()
        self._outcomes: dict[str, str] = {}
        self._reasons: list[str] = []
        self._broke_off = ""
        self._told = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test; one that fails in any phase has failed."""
        if report.failed:
            if self._outcomes.get(report.nodeid) != "failed":
                crash = getattr(report.longrepr, "reprcrash", None)
                why = printable_line(str(getattr(crash, "message", "")).split("\n", 1)[0])
                reason = f"{printable_line(report.nodeid)}: {why}" if why else printable_line(report.nodeid)
                self._reasons.append(reason[:MOST_REASON])
            self._outcomes[report.nodeid] = "failed"
        elif report.when == "call" or report.skipped:
            self._outcomes.setdefault(report.nodeid, "skipped" if report.skipped else "passed")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the session ends early: a board that does not answer, or Ctrl-C."""
        text = str(excinfo.value) or excinfo.typename
        self._broke_off = printable_line(text.removeprefix("error: "))[:MOST_REASON]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the row."""
        try:
            url = history_url(None, held("history", None).value)
            if url is None:
                return
            history = History(url)
            facts = facts_of_session(self._config)
            labels = facts.bundle.labels if facts.bundle is not None else ()
            number = history.add(self._row(facts, int(exitstatus)), Details(tuple(labels)))
            self._told = f"Run {number} of the history"
        except HilError as error:
            self._told = f"warning: this run is not remembered: {error}"

    def pytest_terminal_summary(self, terminalreporter: Reporter) -> None:
        """Tell the row's number, or why there is none."""
        if self._told:
            terminalreporter.write_line(self._told)

    def _row(self, facts: SessionFacts, code: int) -> RunRow:
        words = [str(word) for word in self._config.invocation_params.args]
        where = surroundings(Path(self._config.invocation_params.dir), ["pytest", *words])
        info, bundle = facts.info, facts.bundle
        verdict = NOT_FINISHED if self._broke_off else VERDICTS.get(code, NOT_FINISHED)
        reasons = ([self._broke_off] if self._broke_off else []) + self._reasons
        return RunRow(
            time=self._date,
            run_id=secrets.token_hex(8),
            source="pytest",
            **vars(where),
            board=facts.kind,
            board_name=info.board,
            chip=info.chip,
            reached=facts.reached,
            firmware=info.firmware_version,
            firmware_hash=facts.built_with.get("elf", ""),
            built_with=facts.built_with,
            bundle=bundle.name if bundle is not None else "",
            model_sha256=bundle.model_hash.hex() if bundle is not None else "",
            frontend_sha256=bundle.frontend_hash.hex() if bundle is not None else "",
            settings_sha256=bundle.settings_hash.hex() if bundle is not None else "",
            verdict=verdict,
            exit_code=code,
            reasons=tuple(reasons[:MOST_REASONS]),
            report="",
            figures=finite(self._figures(facts)),
            histograms={
                stage: bins for stage in STAGES if (bins := histogram_of(facts.latencies.microseconds(stage)))
            },
        )

    def _figures(self, facts: SessionFacts) -> dict[str, float]:
        outcomes = list(self._outcomes.values())
        found = {f"tests.{name}": float(outcomes.count(name)) for name in OUTCOMES}
        info = facts.info
        found |= memory_figures(
            {"core_ram": info.core_ram, "arena_size": info.arena_size, "arena_used": info.arena_used}
        )
        if facts.bundle is not None:
            found |= latency_figures(facts.latencies, facts.bundle.stride_seconds * 1e6)
        return found | total_figures(facts.totals)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count; called at once, although the session was configured before."""
    if not config.pluginmanager.has_plugin(NAME):
        config.pluginmanager.register(SessionRow(config), NAME)
