"""A run for continuous integration: JUnit XML, a summary in Markdown, annotations in GitHub's form."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from ..comparison import events as e
from ..comparison.claims.finding import Claim, Status
from ..comparison.result import NOT_FINISHED, RunComparison
from ..errors import HilError
from ..files import atomic_write
from ..printable import out, printable_line

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
ACTIONS = "GITHUB_ACTIONS"
SUITE = "hil"
SHOWN = 20  # moments, and annotations: GitHub shows ten of a kind
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CiReports:
    """Writes what a build server reads when a run has ended, however it ended. A listener of `Run`.

    Args:
        junit: file for JUnit XML, None for none.
        summary: file for the Markdown summary, None for none.
        environment: tells GitHub's own files.

    Attributes:
        failed: what could not be written.
    """

    def __init__(
        self, junit: Path | None, summary: Path | None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._junit, self._summary, self._environment = junit, summary, environment
        self.failed: list[HilError] = []

    def __call__(self, event: e.Event) -> None:
        """Take in one event."""
        if isinstance(event, e.RunEnded):
            run = event.result
            self._write(junit(run), markdown(run), annotations(run))

    def never_began(self, board: str, bundle: str, why: str) -> None:
        """Write the same of a run that ended before it began: an error of the rig, and no claim.

        Args:
            board: its kind; empty when nobody named one.
            bundle: the bundle's name.
            why: what was missing.
        """
        page = (
            f"## {NOT_FINISHED.upper()}: {_cell(bundle)} on {_cell(board or 'no board')}\n\n- {_cell(why)}\n"
        )
        self._write(_junit_of_none(board, bundle, why), page, [_annotation("error", "run", why)])

    def _write(self, xml: bytes, page: str, lines: list[str]) -> None:
        try:
            if self._junit is not None:
                atomic_write(self._junit, xml)
            if self._summary is not None:
                atomic_write(self._summary, page)
            step = self._environment.get(STEP_SUMMARY)
            if step:
                with Path(step).open("a", encoding="utf-8", errors="backslashreplace") as file:
                    file.write(page + "\n")
        except OSError as error:
            self.failed.append(
                HilError(
                    f"{error.filename or 'a file'} cannot be written: {error.strerror or error}",
                    "name another file with --junit or --summary",
                )
            )
        if self._environment.get(ACTIONS) == "true":
            for line in lines:
                out(line)


def junit(run: RunComparison) -> bytes:
    """JUnit XML: a case a claim. What broke the run off is an error, a broken claim a failure.

    A claim that is not required is no failure; one that was not examined is skipped, with its reason.
    """
    claims = run.claims
    broken_off = run.verdict == NOT_FINISHED
    failures = [claim for claim in claims if claim.required and claim.status == Status.BROKEN]
    skipped = [claim for claim in claims if claim.status == Status.NOT_EXAMINED]
    suite = ElementTree.Element(
        "testsuite",
        name=SUITE,
        tests=str(len(claims) + 1),
        failures=str(len(failures)),
        errors=str(int(broken_off)),
        skipped=str(len(skipped)),
        time=f"{run.seconds.get('total', 0.0):.3f}",
        timestamp=run.date.removesuffix("Z"),
    )
    name = _xml(f"{SUITE}.{run.board}.{run.bundle.name}")
    case = ElementTree.SubElement(suite, "testcase", classname=name, name="run")
    if broken_off:
        why = "; ".join(run.failures) or "the run has not come to its end"
        ElementTree.SubElement(case, "error", message=_xml(why), type=NOT_FINISHED)
    for claim in claims:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=claim.name)
        if claim in failures:
            found = ElementTree.SubElement(case, "failure", message=_xml(claim.reason), type="broken")
            found.text = _xml("\n".join((claim.text, claim.evidence, *claim.reasons)))
        elif claim in skipped:
            ElementTree.SubElement(case, "skipped", message=_xml(claim.reason))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    return ElementTree.tostring(suites, "utf-8", xml_declaration=True)


def _junit_of_none(board: str, bundle: str, why: str) -> bytes:
    """JUnit XML of a run that never began: one case, an error."""
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0.000"}
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", counts, name=SUITE)
    name = _xml(".".join(each for each in (SUITE, board, bundle) if each))
    case = ElementTree.SubElement(suite, "testcase", classname=name, name="run")
    ElementTree.SubElement(case, "error", message=_xml(why), type=NOT_FINISHED)
    return ElementTree.tostring(suites, "utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """XML has no place for some characters, whatever escapes them."""
    return _NO_XML.sub("\ufffd", text)


def markdown(run: RunComparison) -> str:
    """The run on one page of Markdown."""
    lines = [
        f"## {run.verdict.upper()}: {_cell(run.bundle.name)} on {_cell(run.info.board or run.board)}",
        "",
    ]
    lines += [f"- {_cell(reason)}" for reason in run.reasons]
    totals = run.totals
    lines += [
        "",
        f"{len(run.files):,} files, {totals['audio_s']:,.0f} s, {totals['windows']:,} windows; "
        f"{totals['feature_mismatches']:,} cells, {totals['output_mismatches']:,} outputs and "
        f"{totals['detection_mismatches']:,} detections differ.",
    ]
    summary = run.latencies.summary()
    if summary:
        lines += ["", "| latency, µs | p50 | p95 | p99 | max |", "|---|---:|---:|---:|---:|"]
        for stage, each in summary.items():
            figures = (each.p50, each.p95, each.p99, each.max)
            lines.append(f"| {stage} | {' | '.join(f'{value:,.1f}' for value in figures)} |")
    limits = [claim for claim in run.claims if claim.name.startswith("limit.")]
    if limits:
        lines += ["", "| limit | status | figure |", "|---|---|---|"]
        lines += [
            f"| `{_cell(c.name)}` | {c.status.value} | {_cell(c.evidence or c.reason)} |" for c in limits
        ]
    return "\n".join([*lines, *_labels(run), ""])


def _labels(run: RunComparison) -> list[str]:
    judgement = run.judgement() if run.judgement is not None else None
    if judgement is None:
        return []
    intervals = judgement.intervals()
    lines = ["", "| on labelled recordings | value | 95 % |", "|---|---:|---|"]
    for name, value in judgement.figures.items():
        low_high = " to ".join(f"{each:.4g}" for each in intervals.get(name, ()))
        lines.append(f"| {name} | {value:.4g} | {low_high} |")
    for what, moments in (("missed", judgement.misses), ("false alarm", judgement.false_alarms)):
        lines += [""] if moments else []
        lines += [f"- {what}: {_cell(m.file)} at {m.time_s:.2f} s, {_cell(m.label)}" for m in moments[:SHOWN]]
    return lines


def _cell(text: str) -> str:
    """Text that neither ends a cell nor is taken for markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", printable_line(text))


def annotations(run: RunComparison) -> list[str]:
    """Lines that GitHub shows beside a build: what broke the run off, broken claims, what was not examined."""
    lines = [_annotation("error", "run", why) for why in run.failures]
    required = [claim for claim in run.claims if claim.required]
    lines += [_of(claim, "error") for claim in required if claim.status == Status.BROKEN]
    if not run.failures:
        lines += [_of(claim, "warning") for claim in required if claim.status == Status.NOT_EXAMINED]
    return lines[:SHOWN]


def _of(claim: Claim, level: str) -> str:
    return _annotation(level, claim.name, claim.reason)


def _annotation(level: str, title: str, text: str) -> str:
    def escaped(value: str, more: str = "") -> str:
        for character in f"%\r\n{more}":
            value = value.replace(character, f"%{ord(character):02X}")
        return value

    return f"::{level} title={escaped(title, ':,')}::{escaped(text)}"
