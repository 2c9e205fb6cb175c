"""rich's terminal for text that may come from anywhere: shown as it is, never as markup, and it steers nothing."""

from typing import Any

from rich.console import Console
from rich.text import Text

from .printable import printable

LOG_WIDTH = 100  # columns where there is no terminal: a log is not as narrow as rich assumes


class Terminal(Console):
    """rich's console for text that may come from anywhere: strings are plain text with what is invisible escaped.

    Styles are given as `Text`, `style=` or column settings, never as markup inside a string.
    """

    def __init__(self, *, stderr: bool = False, log_width: int = LOG_WIDTH, **settings: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, **settings)
        if not self.is_terminal and "width" not in settings:
            self.width = log_width

    def render_str(self, text: str, **settings: Any) -> Text:
        """Return `text` as rich shows it; all strings pass here on their way to the screen."""
        settings |= {"markup": False, "emoji": False, "highlight": False}
        return super().render_str(printable(text), **settings)
