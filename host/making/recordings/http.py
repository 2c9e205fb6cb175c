"""Polite HTTP: one request at a time with a pause between, retries that back off, whole files or none.

Secrets: the query part of an address is never part of a message or a log line, for it may hold a key.
"""

from __future__ import annotations

import http.client
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

from .errors import RecordingsError

USER_AGENT = "bird-hil-toolkit/1.0 (polite; one request at a time)"
MOST_BYTES = 300 << 20
_BLOCK = 1 << 16


def shown(url: str) -> str:
    """An address without its query and user part."""
    parts = urlsplit(url)
    return (
        urlunsplit((parts.scheme, parts.hostname or "", parts.path, "", ""))
        if parts.scheme
        else "the address"
    )


@dataclass(frozen=True)
class HttpFailure(Exception):
    """A request that ended for good without what was wanted.

    Attributes:
        status: the HTTP status, 0 when there was none.
        body: the start of the answer.
        reason: for people.
    """

    status: int
    body: bytes
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class Pace:
    """How often and how patiently to ask.

    Attributes:
        interval_s: least time between the starts of two requests.
        timeout_s: without a byte for this long a request has failed.
        attempts: tries for one address.
        first_wait_s: pause before the second try; doubles each time.
        longest_wait_s: no pause is longer, whatever the server asks for.
    """

    interval_s: float = 4.0
    timeout_s: float = 30.0
    attempts: int = 6
    first_wait_s: float = 8.0
    longest_wait_s: float = 600.0


class PoliteClient:
    """Fetches addresses one after the other.

    Args:
        pace: limits.
        say: gets a line whenever the client waits for longer than usual.
        clock, sleep: replaceable for tests.
    """

    def __init__(
        self,
        pace: Pace,
        say: Callable[[str], None] = lambda _text: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.pace = pace
        self._say, self._clock, self._sleep = say, clock, sleep
        self._last: float | None = None

    def get(self, url: str) -> tuple[bytes, str]:
        """The body and content type of a small answer.

        Raises:
            HttpFailure: it could not be had.
        """
        chunks: list[bytes] = []

        def start() -> Callable[[bytes], object]:
            chunks.clear()
            return chunks.append

        kind = self._fetch(url, start)
        return b"".join(chunks), kind

    def download(self, url: str, path: Path) -> str:
        """Write a body to `path` and return its content type; when it fails, `path` is removed.

        Raises:
            HttpFailure: it could not be had whole.
            OSError: the disk refuses.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        file: IO[bytes] | None = None

        def start() -> Callable[[bytes], object]:
            nonlocal file
            if file is not None:
                file.close()
            file = path.open("wb")
            return file.write

        try:
            kind = self._fetch(url, start)
            if file is not None:
                file.close()
            return kind
        except BaseException:
            if file is not None:
                file.close()
            path.unlink(missing_ok=True)
            raise

    def _fetch(self, url: str, start: Callable[[], Callable[[bytes], object]]) -> str:
        if urlsplit(url).scheme not in ("http", "https"):
            raise HttpFailure(0, b"", f"the address {shown(url)!r} is neither http nor https")
        wait = self.pace.first_wait_s
        for attempt in range(1, self.pace.attempts + 1):
            self._keep_pace()
            failure, asked = self._try(url, start)
            if not isinstance(failure, HttpFailure):
                return failure
            passing = failure.status in (0, 408, 425, 429) or failure.status >= 500
            if not passing or attempt == self.pace.attempts:
                raise failure
            pause = min(max(wait, asked), self.pace.longest_wait_s) * random.uniform(1.0, 1.1)
            self._say(f"{failure}; trying again in {pause:.0f} s ({attempt} of {self.pace.attempts})")
            self._sleep(pause)
            wait *= 2.0
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _keep_pace(self) -> None:
        if self._last is not None:
            left = self._last + self.pace.interval_s - self._clock()
            if left > 0.0:
                self._sleep(left)
        self._last = self._clock()

    def _try(
        self, url: str, start: Callable[[], Callable[[bytes], object]]
    ) -> tuple[str | HttpFailure, float]:
        """One try: the content type or a failure, and the seconds the server asks to wait."""
        request = urllib.request.Request(
            url, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        )
        place = shown(url)
        try:
            with urllib.request.urlopen(request, timeout=self.pace.timeout_s) as answer:
                write = start()
                expected = answer.headers.get("Content-Length")
                size = 0
                while block := answer.read(_BLOCK):
                    size += len(block)
                    if size > MOST_BYTES:
                        return HttpFailure(413, b"", f"{place} is larger than {MOST_BYTES >> 20} MiB"), 0.0
                    write(block)
                if expected is not None and expected.isdigit() and size != int(expected):
                    return HttpFailure(0, b"", f"{place} was cut off after {size} of {expected} bytes"), 0.0
                return str(answer.headers.get_content_type()), 0.0
        except urllib.error.HTTPError as error:
            body = _body_of(error)
            asked = error.headers.get("Retry-After", "") if error.headers else ""
            return HttpFailure(error.code, body, f"{place} answered {error.code}"), float(
                asked
            ) if asked.isdigit() else 0.0
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", None) or error
            return HttpFailure(
                0, b"", f"{place} cannot be reached or broke off: {type(error).__name__}: {reason}"
            ), 0.0


def _body_of(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(4096)
    except (OSError, http.client.HTTPException):
        return b""


def unreachable(failure: HttpFailure) -> RecordingsError:
    """The error for a user when a server stays away."""
    return RecordingsError(
        f"{failure}.", "Check the network, or try again later; what is there already is kept."
    )
