"""A run as report files."""

from pathlib import Path

from ..comparison import events as e
from .html import write_html
from .json_report import write_json


class ReportWriter:
    """Writes the reports when a run ends.

    Args:
        folder: where to.
        html: whether `report.html` is written beside `report.json`.

    Attributes:
        written: what was written, the one for people first.
    """

    def __init__(self, folder: Path, html: bool = True) -> None:
        self._folder = folder
        self._html = html
        self.written: list[Path] = []

    def __call__(self, event: e.Event) -> None:
        """Take in one event."""
        if isinstance(event, e.RunEnded):
            self.written = [write_json(event.result, self._folder)]
            if self._html:
                self.written.insert(0, write_html(event.result, self._folder))
