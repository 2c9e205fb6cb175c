"""What holds where no option says it: the environment, then `hil.toml` in the working directory, then the default.

An empty value is an error everywhere: a variable that a script forgot to set must not choose another board.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import HilError
from .link.rates import FASTEST_BAUD

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "hil.toml"
MOST_BYTES = 1 << 20
OPTION, ENVIRONMENT, FROM_FILE, DEFAULT = range(4)  # the first that says something holds


class ConfigurationError(HilError):
    """A variable or `hil.toml` says something that cannot be used."""


@dataclass(frozen=True)
class Held:
    """What holds for one setting.

    Attributes:
        value: None when nothing says it and there is no default.
        rank: who says it: OPTION, ENVIRONMENT, FROM_FILE or DEFAULT.
        source: the same in words.
    """

    value: Any
    rank: int
    source: str


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a text in quotes is wanted, not {value!r}")
    return value


def _baud(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= FASTEST_BAUD:
        raise ValueError(f"a whole number from 0 to {FASTEST_BAUD} is wanted, not {value!r}")
    return value


def _limits(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError('a table of texts is wanted, such as `"total.p99" = "50ms"`')
    return value


@dataclass(frozen=True)
class Setting:
    """One setting: its variable, empty when it has none, and what reads its value in the file."""

    variable: str
    read: Callable[[object], Any]


SETTINGS: dict[str, Setting] = {
    "board": Setting("HIL_BOARD", _text),
    "port": Setting("HIL_PORT", _text),
    "place": Setting("HIL_PLACE", _text),
    "coordinator": Setting("LG_COORDINATOR", _text),  # labgrid's own
    "boards": Setting("HIL_BOARDS", _text),
    "baud": Setting("", _baud),
    "bundle": Setting("HIL_BUNDLE", _text),
    "history": Setting("HIL_HISTORY", _text),
    "limits": Setting("", _limits),
}


def held(name: str, given: object, default: object = None) -> Held:
    """What holds for the setting `name`.

    Args:
        name: of `SETTINGS`.
        given: the option's value, None when it was not given.
        default: what holds when nobody says anything.

    Raises:
        ConfigurationError: whoever says it says something empty or unusable; or `hil.toml` cannot be read.
    """
    setting = SETTINGS[name]
    if given is not None:
        return Held(_filled(given, f"--{name}"), OPTION, f"option --{name}")
    if setting.variable and setting.variable in os.environ:
        value = _filled(os.environ[setting.variable], setting.variable)
        return Held(value, ENVIRONMENT, f"variable {setting.variable}")
    values = read_file()
    if name in values:
        return Held(values[name], FROM_FILE, FILE)
    return Held(default, DEFAULT, "default")


def _filled(value: object, who: str) -> object:
    if isinstance(value, str) and not value.strip():
        if who.endswith(FILE):
            raise ConfigurationError(f"{who} is empty", "give it a value, or remove the line")
        what = (
            "give a value, or leave the option out" if who.startswith("--") else f"set it, or `unset {who}`"
        )
        raise ConfigurationError(f"{who} is empty", f"{what}; is the variable that it comes from set?")
    return value


def read_file(folder: Path | None = None) -> Mapping[str, Any]:
    """The settings of `hil.toml` in `folder` (the working directory); empty when there is no such file.

    Raises:
        ConfigurationError: it cannot be read, or has an unknown or unusable setting.
    """
    path = (folder or Path()) / FILE
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(
            f"{FILE} cannot be read: {error.strerror or error}", "make it readable, or remove it"
        ) from error
    try:
        if len(content) > MOST_BYTES:
            raise ValueError("it is larger than 1 MB")
        values = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{FILE} is no TOML file: {error}", 'write lines such as `port = "/dev/ttyUSB0"`'
        ) from error
    return {name: _checked(name, value) for name, value in values.items()}


def _checked(name: str, value: object) -> object:
    if name not in SETTINGS:
        near = get_close_matches(name, SETTINGS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(
            f"{FILE} has a setting {name!r}, which there is not", f"{hint}it may have {', '.join(SETTINGS)}"
        )
    try:
        checked: object = SETTINGS[name].read(value)
    except ValueError as error:
        raise ConfigurationError(
            f"{FILE}: {name}: {error}", f"mend it, or remove the line of {name}"
        ) from error
    return _filled(checked, f"{name} in {FILE}")
