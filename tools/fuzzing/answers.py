"""What a server sends, damaged: each answer leaves out recordings, or ends in an error that says why."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from host.making.recordings.errors import RecordingsError
from host.making.recordings.http import HttpError, Pace, PoliteClient
from host.making.recordings.xeno_canto import XenoCanto

from .mutate import mutated
from .mutate_json import mutated_json
from .target import Target, check_refusal

KEY = "s3cret-key-of-a-fuzzer"
LOOPBACK = "127.0.0.1"
PACE = Pace(interval_s=0.0, timeout_s=2.0, whole_s=5.0, attempts=2, first_wait_s=0.0, longest_wait_s=1.0)
MOST_WAITED_S = 2.0
MOST_PAGES = 12  # a listing of one page may cost a few requests more, not the number that it tells
ENTRY = {
    "id": "1", "gen": "Turdus", "sp": "merula", "en": "Common Blackbird", "rec": "Somebody", "cnt": "Nowhere",
    "type": "song", "q": "A", "lic": "//creativecommons.org/licenses/by-nc-sa/4.0/", "url": "//xeno-canto.org/1",
    "file": "https://xeno-canto.org/1/download", "file-name": "XC1.mp3", "also": ["a", "b"],
}  # fmt: skip


def _page(*entries: dict[str, Any], **about: Any) -> bytes:
    listing = {"numRecordings": str(len(entries)), "numPages": 1, "page": 1, "recordings": list(entries)}
    return json.dumps(listing | about).encode()


def _http(status: str, body: bytes, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body


LISTINGS = [
    _page(ENTRY),
    _page(ENTRY, ENTRY | {"id": "2", "en": "麻雀"}, ENTRY | {"id": "3", "file": "/3/дрозд.mp3"}),
    _page(ENTRY, numPages=3),
    b'{"error": "client_error", "message": "Invalid key"}',
    b"<!DOCTYPE html><html><body>maintenance</body></html>",
]
CHUNKED = b"5\r\nabcde\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
ANSWERS = [
    _http("200 OK", b"0123456789" * 20, "Content-Type: audio/mpeg", "Content-Length: 200"),
    _http("200 OK", CHUNKED, "Content-Type: audio/mpeg", "Transfer-Encoding: chunked"),
    _http("200 OK", LISTINGS[0], "Content-Type: application/json; charset=utf-8", "Connection: close"),
    _http("302 Found", b"", "Location: http://127.0.0.1:1/x?key=" + KEY, "Content-Length: 0"),
    _http("301 Moved", b"", "Location: http://192.168.1.1/", "Set-Cookie: a=b; Domain=.x", "Content-Length: 0"),
    _http("429 Too Many", b"slow down", "Retry-After: 1", "Content-Length: 9"),
    _http("503 Busy", b"", "Retry-After: Wed, 21 Oct 2035 07:28:00 GMT", "Content-Length: 0"),
    _http("401 No", LISTINGS[3], "Content-Type: application/json"),
    _http("200 OK", b"\x1f\x8b\x08\0\0\0\0\0", "Content-Encoding: gzip", "Content-Length: 8"),
    _http("100 Continue", _http("206 Part", b"12345", "Content-Range: bytes 0-4/10", "Content-Length: 5")),
]  # fmt: skip


class AnswersFuzz(Target):
    """Mutations of listings and of whole HTTP answers, the latter through a socket of this computer."""

    def __init__(self) -> None:
        super().__init__("answers", [*LISTINGS, *ANSWERS], _damaged)
        self._answer = b""
        self._listener = socket.create_server((LOOPBACK, 0))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1.0)
                connection.recv(65536)
                connection.sendall(self._answer)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        with self._here_only():
            return self._http(data, rng, folder) if data.startswith(b"HTTP/") else self._listing(data)

    @contextlib.contextmanager
    def _here_only(self) -> Iterator[None]:
        """A redirect of a damaged answer must reach nobody."""
        real = socket.getaddrinfo

        def looked_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
            if (str(host), port) != (LOOPBACK, self._port):
                raise socket.gaierror(socket.EAI_NONAME, "not while fuzzing")
            return real(host, port, *more, **named)

        socket.getaddrinfo = looked_up
        try:
            yield
        finally:
            socket.getaddrinfo = real

    def _listing(self, data: bytes) -> str:
        client = _Given(data)
        listing = XenoCanto(client, KEY)
        try:
            found = [each for each, _ in listing.search("q:A")]
        except RecordingsError as error:
            return check_refusal(error)
        finally:
            if client.asked > MOST_PAGES:
                raise AssertionError(f"{client.asked} pages were asked for")
        for each in found:
            for text in (each.file_url, each.species, each.english, each.recordist, each.page_url):
                text.encode()
                if not text.isprintable() or KEY in text:
                    raise AssertionError(f"passed on: {text!r}")
        return "listed" if found else "nothing in it"

    def _http(self, data: bytes, rng: random.Random, folder: Path) -> str:
        self._answer = data
        client = PoliteClient(PACE, sleep=_no_longer_than_asked, named=(LOOPBACK,))
        client.keep_secret(KEY)
        url = f"http://{LOOPBACK}:{self._port}/x?key={KEY}"
        path = folder / "sound"
        try:
            if rng.random() < 0.5:
                body, kind = client.get(url)
            else:
                kind = client.download(url, path)
                body = path.read_bytes()
        except HttpError as error:
            if KEY in str(error) or not str(error).isprintable() or path.exists():
                raise AssertionError(f"told or left behind: {error}") from error
            return "no answer"
        finally:
            path.unlink(missing_ok=True)
        if len(body) > len(data) or KEY in kind:
            raise AssertionError(f"{len(body)} bytes of {len(data)}, {kind}")
        return "answered"


class _Given(PoliteClient):
    """A client for which every page has the same body."""

    def __init__(self, body: bytes) -> None:
        super().__init__(PACE)
        self._same, self.asked = body, 0

    def get(self, url: str) -> tuple[bytes, str]:  # noqa: ARG002
        """See `PoliteClient.get`."""
        self.asked += 1
        return self._same, "application/json"


def _no_longer_than_asked(seconds: float) -> None:
    if not 0.0 <= seconds <= MOST_WAITED_S:
        raise AssertionError(f"it would wait {seconds} s")


def _damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    if not data.startswith(b"HTTP/"):
        return mutated_json(data, others, rng)
    if rng.random() < 0.5:
        return mutated(data, others, rng, 1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for _ in range(rng.choice((1, 2, 3))):
        place = rng.randrange(len(lines))
        name, _, _value = lines[place].partition(b": ")
        odd = (
            b"-1",
            b"9" * 30,
            b"0",
            b"nan",
            b"1e999",
            b"",
            b"\xff\x1b[2J",
            b"//[::1",
            b"a..b",
            b"chunked, gzip",
        )
        value = rng.choice(
            (*odd, rng.choice(others)[:40], b"http://127.0.0.1/" + b"x" * 5000, b"file:///etc/passwd")
        )
        lines[place : place + 1] = rng.choice(
            ([name + b": " + value], [], [lines[place]] * 2, [lines[place]] * 200)
        )
        lines = lines or [b"HTTP/1.1 200 OK"]
    if not lines[0].startswith(b"HTTP/"):
        lines.insert(0, b"HTTP/1.1 200 OK")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def make() -> AnswersFuzz:
    """The target."""
    return AnswersFuzz()
