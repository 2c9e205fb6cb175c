"""Which database the history is: the option, the variable, or a file in the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path

from ..user_data import data_folder
from .late import sa
from .row import HistoryError

VARIABLE = "HIL_HISTORY"
OFF = "off"
FILE_NAME = "history.sqlite"


def history_url(given: str | None, configured: str | None = None) -> Path | sa.URL | None:
    """Return an SQLite file or another database's URL; None when nothing is to be remembered.

    Args:
        given: the option's value: any SQLAlchemy URL, the path of an SQLite file, or "off".
        configured: what `hil.toml` says.

    Raises:
        HistoryError: it is empty, or no URL that SQLAlchemy takes.
    """
    value, who = given, "--history"
    if value is None and VARIABLE in os.environ:
        value, who = os.environ[VARIABLE], VARIABLE
    if value is None and configured is not None:
        value, who = configured, "`history` in hil.toml"
    if value is None:
        return data_folder() / FILE_NAME
    if not value.strip():
        raise HistoryError(f"{who} is empty", "give a database's URL, a file, or `off`")
    if value == OFF:
        return None
    if "://" not in value:
        return Path(value).expanduser()
    try:
        url = sa.make_url(value)
    except (sa.exc.ArgumentError, ValueError) as error:
        # no word of the URL: it may hold a password
        raise HistoryError(
            f"{who} is no database URL",
            "write it as `postgresql+psycopg://user@host/name` or `sqlite:///file`",
        ) from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise HistoryError(f"{who} names no file", "write `sqlite:///file`, or the file's path alone")
    return url


def shown_url(url: Path | sa.URL) -> str:
    """The database for people: a file's path, or the URL without its password."""
    if isinstance(url, Path):
        return str(url)
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)
