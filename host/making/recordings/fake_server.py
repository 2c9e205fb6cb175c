"""A loopback server that behaves like the xeno-canto API, and misbehaves on demand. For tests."""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

KEY = "s3cret-key-of-a-test"


def sound(seed: int, seconds: float = 1.0, rate: int = 22_050, kind: str = "MP3") -> bytes:
    """A short encoded chirp."""
    import soundfile

    time_s = np.arange(int(seconds * rate)) / rate
    tone = 0.4 * np.sin(2.0 * np.pi * (1500.0 + 40.0 * seed) * time_s)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, rate, format=kind)
    return buffer.getvalue()


class FakeXenoCanto:
    """The server; a context manager. `url` is the listing's address.

    Attributes:
        recordings: entries as the API gives them, by catalogue number.
        files: body of each file, by number.
        faults: for a number (or "api") a list of faults, used up one by one: "429", "500", "cut", "cut chunk",
            "stall", "html".
        requests: how often each path was asked for.
        pages: bodies to send instead of the listing's pages, by page number.
        redirects: where a number (or "api") is redirected to.
        queries: the query part of every request, in order.
        headers: the headers of every request, in order.
    """

    def __init__(self, entries: int = 3) -> None:
        self.recordings: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.requests: Counter[str] = Counter()
        self.retry_after = "0"
        self.pages: dict[int, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.queries: list[str] = []
        self.headers: list[dict[str, str]] = []
        for number in range(1, entries + 1):
            self.add(str(number))

    def add(self, number: str, **changes: Any) -> None:
        """Add an entry."""
        entry: dict[str, Any] = {
            "id": number,
            "gen": "Turdus",
            "sp": "merula",
            "en": "Common Blackbird",
            "rec": f"Recordist {number}",
            "cnt": "Nowhere",
            "type": "song",
            "q": "A",
            "lic": "//creativecommons.org/licenses/by-nc-sa/4.0/",
            "url": f"//127.0.0.1/{number}",
            "file": f"/{number}/download",
            "file-name": f"XC{number}.mp3",
        }
        self.recordings[number] = entry | changes
        self.files[number] = sound(len(self.files))

    def __enter__(self) -> FakeXenoCanto:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address of the listing."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/3/recordings"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        self.requests[parts.path] += 1
        name = "api" if parts.path == "/api/3/recordings" else parts.path.strip("/").split("/")[0]
        self.queries.append(parts.query)
        self.headers.append(dict(request.headers))
        if name in self.redirects:
            self._send(request, 302, b"", "text/plain", {"Location": self.redirects[name]})
            return
        faults = self.faults.get(name, [])
        fault = faults.pop(0) if faults else ""
        if fault in ("429", "500"):
            self._send(
                request,
                int(fault),
                b'{"error": "busy"}',
                "application/json",
                {"Retry-After": self.retry_after},
            )
        elif fault == "html":
            self._send(request, 200, b"<!DOCTYPE html><html>maintenance</html>", "text/html")
        elif name == "api":
            self._list(request, parse_qs(parts.query))
        elif name in self.files:
            self._file(request, self.files[name], fault)
        else:
            self._send(request, 404, b"no such recording", "text/plain")

    def _list(self, request: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
        if query.get("key") != [KEY]:
            body = {"error": "client_error", "message": f"Invalid key {query.get('key')}"}
            self._send(request, 401, json.dumps(body).encode(), "application/json")
            return
        if "q:Z" in query["query"][0]:
            self._send(
                request, 400, b'{"error": "client_error", "message": "Unknown quality"}', "application/json"
            )
            return
        if int(query["page"][0]) in self.pages:
            self._send(request, 200, self.pages[int(query["page"][0])], "application/json")
            return
        entries = [] if "nobody" in query["query"][0] else list(self.recordings.values())
        size, page = int(query["per_page"][0]), int(query["page"][0])
        page_body = {
            "numRecordings": str(len(entries)),
            "numPages": -(-len(entries) // size),
            "page": page,
            "recordings": entries[(page - 1) * size : page * size],
        }
        self._send(request, 200, json.dumps(page_body).encode(), "application/json")

    def _file(self, request: BaseHTTPRequestHandler, body: bytes, fault: str) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "audio/mpeg")
        if fault == "cut chunk":
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"%x\r\n%s\r\n%x\r\n" % (len(body) // 2, body[: len(body) // 2], len(body)))
            request.close_connection = True
            return
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            if fault == "cut":
                request.wfile.write(body[: len(body) // 2])
                request.close_connection = True
            elif fault == "stall":
                request.wfile.write(body[:100])
                request.wfile.flush()
                time.sleep(1.0)
                request.close_connection = True
            else:
                request.wfile.write(body)
        except OSError:
            request.close_connection = True  # the client gave up: what a stalled transfer is for

    @staticmethod
    def _send(
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
