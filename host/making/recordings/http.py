"""Polite HTTP: one request at a time with a pause between, retries that back off, whole files or none.

`requests` carries the bytes, urllib3's `Retry` counts tries and waits; this file adds the pace and what may be told
and sent. Secrets: the query part of an address is never part of a message, what a client was told to keep is masked
in everything it says, and a redirect never carries it on.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, quote_plus, unquote_plus, urljoin, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import IncompleteRead, InvalidHeader, MaxRetryError, NameResolutionError
from urllib3.util import Retry

from .errors import RecordingsError
from .targets import PrivateTargetError, PublicAdapter

USER_AGENT = "bird-hil-toolkit/1.0 (polite; one request at a time)"
MOST_BYTES = 300 << 20
MOST_LISTED_BYTES = 32 << 20
_MOST_REDIRECTS = 5
_BLOCK = 1 << 16
_ENCODED = re.compile("%[0-9A-F]{2}")
_PASSING = (0, 408, 425, 429, *range(500, 600))


def shown(url: str) -> str:
    """An address without its query and user part."""
    try:
        parts = urlsplit(url)
        if parts.scheme:
            return urlunsplit((parts.scheme, parts.hostname or "", parts.path, "", ""))
    except ValueError:
        pass
    return "the address"


class HttpError(Exception):
    """A request that ended for good without what was wanted.

    Attributes:
        status: the HTTP status, 0 when there was none.
        body: the start of the answer.
        passing: whether another try may help.
    """

    def __init__(self, status: int, body: bytes, reason: str, passing: bool | None = None) -> None:
        super().__init__(reason)
        self.status, self.body = status, body
        self.passing = status in _PASSING if passing is None else passing


@dataclass
class Pace:
    """How often and how patiently to ask.

    Attributes:
        interval_s: least time between the starts of two requests.
        timeout_s: without a byte for this long a request has failed.
        whole_s: a transfer that takes longer has failed, however steadily it drips.
        attempts: tries for one address.
        first_wait_s: pause before the second try; doubles each time.
        longest_wait_s: no pause is longer, whatever the server asks for.
    """

    interval_s: float = 4.0
    timeout_s: float = 30.0
    whole_s: float = 1800.0
    attempts: int = 6
    first_wait_s: float = 8.0
    longest_wait_s: float = 600.0


class _Patience(Retry):
    """urllib3's Retry, but it waits before the second try already: `backoff_factor` seconds, then twice as long."""

    def get_backoff_time(self) -> float:
        doubled = float(self.backoff_factor) * 2.0 ** max(0, len(self.history) - 1)
        return min(self.backoff_max, doubled)

    def asked_by(self, headers: Any) -> float:
        """Seconds that the server asks to wait, 0 when it asks for nothing or for nonsense."""
        try:
            return float(min(self.parse_retry_after(headers.get("Retry-After", "")), self.backoff_max))
        except (InvalidHeader, ValueError, OverflowError):
            return 0.0


class PoliteClient:
    """Fetches addresses one after the other.

    Args:
        pace: limits.
        say: gets a line whenever the client waits for longer than usual.
        clock, sleep: replaceable for tests.
        named: hosts that may be in a private network, in lower case; all others must be public.
    """

    def __init__(
        self,
        pace: Pace,
        say: Callable[[str], None] = lambda _text: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        named: Collection[str] = (),
    ) -> None:
        self.pace = pace
        self._say, self._clock, self._sleep = say, clock, sleep
        self._last: float | None = None
        self._secrets: set[str] = set()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        self._session.auth = lambda request: request  # or requests sends what ~/.netrc holds
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, PublicAdapter(named))

    def keep_secret(self, secret: str) -> None:
        """Mask `secret` in all that is told from now on, and never carry it on in a redirect."""
        spelt = {secret, quote(secret, safe=""), quote_plus(secret)}
        self._secrets |= {*spelt, *(_ENCODED.sub(lambda byte: byte[0].lower(), each) for each in spelt)} - {
            ""
        }

    def masked(self, text: str) -> str:
        """`text` without control characters and secrets. Mask before cutting: half a secret is not found any more."""
        text = "".join(character for character in text if character.isprintable())
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def get(self, url: str) -> tuple[bytes, str]:
        """The body and content type of a small answer.

        Raises:
            HttpError: it could not be had.
        """
        chunks: list[bytes] = []

        def start() -> Callable[[bytes], object]:
            chunks.clear()
            return chunks.append

        kind = self._fetch(url, start, MOST_LISTED_BYTES)
        return b"".join(chunks), kind

    def download(self, url: str, path: Path) -> str:
        """Write a body to `path` and return its content type; when it fails, `path` is removed.

        Raises:
            HttpError: it could not be had whole.
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
            kind = self._fetch(url, start, MOST_BYTES)
            if file is not None:
                file.close()
            return kind
        except BaseException:
            if file is not None:
                file.close()
            path.unlink(missing_ok=True)
            raise

    def _fetch(self, url: str, start: Callable[[], Callable[[bytes], object]], most: int) -> str:
        pace = self.pace
        patience = _Patience(
            total=pace.attempts - 1, backoff_factor=pace.first_wait_s, backoff_max=pace.longest_wait_s
        )
        while True:
            self._keep_pace()
            asked = 0.0
            try:
                with self._answer(url) as answer:
                    if 200 <= answer.status_code < 300:
                        return self._body(answer, start(), most)
                    asked = patience.asked_by(answer.headers)
                    raise HttpError(
                        answer.status_code,
                        _start_of(answer),
                        self.masked(f"{shown(url)} answered {answer.status_code}"),
                    )
            except HttpError as error:
                if not error.passing:
                    raise
                failure = error
            try:
                patience = patience.increment("GET", shown(url), error=TransportError(str(failure)))
            except (MaxRetryError, TransportError):
                raise failure from None
            pause = max(patience.get_backoff_time(), asked) * random.uniform(1.0, 1.1)
            tried = f"{len(patience.history)} of {pace.attempts}"
            self._say(f"{failure}; trying again in {pause:.0f} s ({tried})")
            self._sleep(pause)

    def _keep_pace(self) -> None:
        if self._last is not None:
            left = self._last + self.pace.interval_s - self._clock()
            if left > 0.0:
                self._sleep(left)
        self._last = self._clock()

    def _answer(self, url: str) -> requests.Response:
        """The answer behind redirects, its body unread.

        Raises:
            HttpError: there is none.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._ask(url)
            target = answer.headers.get("Location")
            if answer.status_code not in (301, 302, 303, 307, 308) or not target:
                return answer
            answer.close()
            try:
                # Header bytes come as Latin-1; addresses in them are UTF-8 where they are not ASCII.
                url = urljoin(url, target.encode("latin-1", "replace").decode("utf-8", "replace"))
            except ValueError:
                raise HttpError(0, b"", f"{self.masked(shown(url))} redirects to no address", False) from None
            url = self._without_secrets(url)
        raise HttpError(0, b"", self.masked(f"{shown(url)} redirects without end"), False)

    def _without_secrets(self, url: str) -> str:
        """A redirect's address without what would carry a secret on."""
        if not self.tells(url):
            return url
        parts = urlsplit(url)
        kept = "&".join(each for each in parts.query.split("&") if not self.tells(each))
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, kept, ""))
        if self.tells(url):
            raise HttpError(0, b"", "a redirect holds a secret in its path", False)
        return url

    def tells(self, text: str) -> bool:
        """Whether an address or a part of it holds a secret, also a percent-encoded one."""
        return any(secret in each for secret in self._secrets for each in (text, unquote_plus(text)))

    def _ask(self, url: str) -> requests.Response:
        """One request without following redirects.

        Raises:
            HttpError: no answer.
        """
        place = self.masked(shown(url))
        try:
            if urlsplit(url).scheme not in ("http", "https"):
                raise HttpError(0, b"", f"the address {place!r} is neither http nor https", False)
            return self._session.get(url, stream=True, allow_redirects=False, timeout=self.pace.timeout_s)
        except PrivateTargetError:
            raise HttpError(
                0, b"", f"{place} is in a private network that nobody named (--allow-api HOST)", False
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError):
            raise HttpError(0, b"", f"{place} is not an address", False) from None
        except (requests.RequestException, TransportError, ValueError) as error:
            reason = _innermost(error)
            if isinstance(reason, NameResolutionError):
                raise HttpError(0, b"", f"the name of {place} cannot be looked up", False) from None
            if isinstance(reason, ValueError):
                raise HttpError(0, b"", f"{place} is not an address", False) from None
            raise HttpError(0, b"", self._broke_off(place, reason)) from None

    def _broke_off(self, place: str, reason: BaseException) -> str:
        # No text of the library: it quotes the address with its query.
        return f"{place} cannot be reached or broke off: {type(reason).__name__}"

    def _body(self, answer: requests.Response, write: Callable[[bytes], object], most: int) -> str:
        """Hand the body on in blocks; returns its content type.

        Raises:
            HttpError: it is not whole, too large or too slow.
        """
        place = self.masked(shown(answer.url))
        expected = answer.headers.get("Content-Length", "")
        size, until = 0, time.monotonic() + self.pace.whole_s
        while True:
            try:
                block = answer.raw.read1(_BLOCK, decode_content=False)
            except (requests.RequestException, TransportError, ValueError, OSError) as error:
                reason = _innermost(error)
                if isinstance(reason, IncompleteRead):
                    raise HttpError(
                        0, b"", f"{place} was cut off after {size} of {expected or 'more'} bytes"
                    ) from None
                raise HttpError(0, b"", self._broke_off(place, reason)) from None
            if not block:
                break
            size += len(block)
            if size > most:
                raise HttpError(413, b"", f"{place} is larger than {most >> 20} MiB")
            if time.monotonic() > until:
                raise HttpError(413, b"", f"{place} sends for more than {self.pace.whole_s:.0f} s")
            write(block)
        if expected.isascii() and expected.isdigit() and str(size) != (expected.lstrip("0") or "0"):
            raise HttpError(0, b"", f"{place} was cut off after {size} of {expected} bytes")
        return answer.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()


def _innermost(error: BaseException) -> BaseException:
    """What lies behind the wrappers of requests and urllib3."""
    for _ in range(8):
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        if inner is None or isinstance(error, NameResolutionError | IncompleteRead):
            break
        error = inner
    return error


def _start_of(answer: requests.Response) -> bytes:
    try:
        return bytes(answer.raw.read(4096, decode_content=False))
    except (requests.RequestException, TransportError, ValueError, OSError):
        return b""


def unreachable(failure: HttpError) -> RecordingsError:
    """The error for a user when a server stays away."""
    return RecordingsError(
        f"{failure}.", "Check the network, or try again later; what is there already is kept."
    )
