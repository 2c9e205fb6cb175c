"""`report.html`: a run for people, in one file that needs nothing else."""

from pathlib import Path
from typing import Any

from host.board.identity import describe, timing_note
from host.comparison.file import FileComparison
from host.comparison.run import PASS, RunComparison
from host.comparison.traces import Traces
from host.files import atomic_write
from host.report.file_section import feature_pictures, score_traces
from host.report.histogram import histograms
from host.report.json_report import report_values

PICTURED_FILES = 40
TEMPLATE = "report.html.j2"


def write_html(run: RunComparison, folder: Path) -> Path:
    """Write `report.html` into `folder`, whole or not at all; returns its path."""
    path = folder / "report.html"
    atomic_write(path, render_html(run))
    return path


def render_html(run: RunComparison) -> str:
    """The report's text. Names of files come from anywhere and are escaped by the template."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # those that disagree first, then in the order of the run
    order = sorted(run.files, key=lambda file: file.agreed)
    pictured = order[:PICTURED_FILES]
    return environment.get_template(TEMPLATE).render(
        passed=run.verdict == PASS,
        report=report_values(run),
        board=describe(run.info),
        timing=timing_note(run.info),
        run=run,
        histograms=histograms(run.latencies),
        load=_load(run),
        files=[_section(file) for file in pictured],
        left_out=len(order) - len(pictured),
    )


def _load(run: RunComparison) -> float | None:
    """Share of the time between windows that the device computes (95th percentile)."""
    total = run.latencies.summary().get("total")
    return None if total is None else total.p95 / (run.bundle.stride_seconds * 1e6)


def _section(file: FileComparison) -> dict[str, Any]:
    pictures = [("", feature_pictures(file, file.traces.beginning))]
    if file.traces.difference is not None:
        pictures.append(("Around the first difference", feature_pictures(file, file.traces.difference)))
    settings = file.bundle.settings
    shown_s = len(Traces.joined(file.traces.host_columns)) * settings.hop / settings.sample_rate
    return {
        "file": file,
        "pictures": [(title, picture) for title, picture in pictures if picture],
        "scores": score_traces(file),
        "shown_s": shown_s if shown_s + 1 < file.audio_s else None,
    }
