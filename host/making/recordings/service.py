"""Whose server is asked and with which key: a key goes to the service it belongs to, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from .errors import RecordingsError
from .http import Pace
from .targets import host_of, is_loopback

API = "https://xeno-canto.org/api/3/recordings"
KEY_VARIABLE = "XENO_CANTO_KEY"
_MOST_KEY = 200
_LEAST_INTERVAL_S = 4.0


def is_xeno_canto(api: str) -> bool:
    """Whether an address is xeno-canto's own."""
    host = host_of(api)
    return host == "xeno-canto.org" or host.endswith(".xeno-canto.org")


def checked_api(api: str, named: Collection[str] = ()) -> str:
    """The address to send a key to: xeno-canto's when `api` is empty, another only when its host is `named`.

    Raises:
        RecordingsError: the host was not named, or the way to it is open to others.
    """
    if not api:
        return API
    host = host_of(api)
    scheme = api.partition("://")[0].lower()
    if not host or scheme not in ("http", "https"):
        raise RecordingsError(f"{api!r} is not an address of a listing.", f"Give one such as {API}.")
    if not is_xeno_canto(api) and host not in named:
        raise RecordingsError(
            f"Your key would be sent to {host}, which is not xeno-canto.",
            f"If you trust that server with it, add --allow-api {host}.",
        )
    if scheme == "http" and not is_loopback(host):
        raise RecordingsError(
            f"Your key would be sent to {host} over plain http, for all on the way to read.",
            "Use https; http is for this very computer only.",
        )
    return api


def named_hosts(words: Collection[str]) -> frozenset[str]:
    """The hosts of `--allow-api`, in lower case.

    Raises:
        RecordingsError: a word is not a host.
    """
    hosts = set()
    for word in words:
        host = host_of(word if "//" in word else f"//{word}")
        if not host or host != host.strip():
            raise RecordingsError(f"--allow-api {word!r} names no host.", "Give a name such as example.org.")
        hosts.add(host)
    return frozenset(hosts)


def pace_for(api: str, interval_s: float) -> Pace:
    """The pace of a download: never faster than one request in four seconds where xeno-canto itself is asked."""
    if is_xeno_canto(api):
        return Pace(interval_s=max(_LEAST_INTERVAL_S, interval_s))
    return Pace(interval_s=interval_s, first_wait_s=interval_s)


def key_for(api: str, key_file: Path | None) -> str:
    """The key for the server at `api`: from `key_file`, or for xeno-canto alone from XENO_CANTO_KEY.

    Raises:
        RecordingsError: there is none.
    """
    if key_file is None and not is_xeno_canto(api):
        raise RecordingsError(
            f"{host_of(api)} is to be asked, and no key file is named.",
            f"The key in {KEY_VARIABLE} is for xeno-canto. Put that server's key into a file: --key-file FILE, "
            "or `key_file` in a pipeline, beside the configuration.",
        )
    return read_key(key_file)


def read_key(key_file: Path | None) -> str:
    """The user's key: from `key_file`, else from the environment variable XENO_CANTO_KEY.

    Raises:
        RecordingsError: there is none.
    """
    if key_file is not None:
        try:
            with key_file.open(encoding="utf-8") as file:
                key = file.read(_MOST_KEY + 100).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingsError(
                f"The key file {key_file} cannot be read: {type(error).__name__}.",
                "Put your key alone into that file.",
            ) from None
    else:
        key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise RecordingsError(
            "There is no xeno-canto key.",
            f"Get one from your account page at xeno-canto.org; put it into {KEY_VARIABLE} or give --key-file.",
        )
    if len(key) > _MOST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise RecordingsError(
            f"What {key_file or KEY_VARIABLE} holds is not a key.", "Put your key alone there: one word."
        )
    return key


def key_file_inside(folder: Path, name: str) -> Path:
    """A key file that a configuration in `folder` names.

    A configuration may come from a stranger: it must not choose which of the user's files is sent.

    Raises:
        RecordingsError: it lies elsewhere, also behind a link.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RecordingsError(
            f"The configuration names the key file {name!r} outside its own folder.",
            f"Copy the key to a file beside the configuration, or put it into {KEY_VARIABLE}.",
        )
    if path.exists() and not path.is_file():
        raise RecordingsError(f"The key file {name!r} of the configuration is not a file.", "Name one.")
    return path
