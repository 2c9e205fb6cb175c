"""A server that is not to be trusted: odd answers leave out one recording, and a key stays where it belongs."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ...commands import download as command
from .catalogue import Catalogue
from .download import Outcome, Wanted, download
from .errors import RecordingsError
from .fake_server import KEY, FakeXenoCanto
from .http import HttpError, Pace, PoliteClient, shown
from .service import checked_api, is_xeno_canto, key_file_inside, key_for, named_hosts, pace_for, read_key
from .targets import is_public
from .untrusted import parse_untrusted, whole_number
from .xeno_canto import XenoCanto

LOOPBACK = "127.0.0.1"
PACE = Pace(interval_s=0.0, timeout_s=2.0, attempts=3, first_wait_s=0.5)


@pytest.fixture
def server() -> Iterator[FakeXenoCanto]:
    with FakeXenoCanto() as fake:
        yield fake


def _download(server: FakeXenoCanto, base: Path, named: tuple[str, ...] = (LOOPBACK,)) -> Outcome:
    client = PoliteClient(PACE, sleep=lambda _seconds: None, named=named)
    return download(XenoCanto(client, KEY, server.url, 50), client, "q:A", Catalogue(base), Wanted())


class _Pages(PoliteClient):
    """A client whose pages are given."""

    def __init__(self, *pages: bytes) -> None:
        super().__init__(PACE)
        self._pages, self.asked = pages, 0

    def get(self, _url: str) -> tuple[bytes, str]:
        self.asked += 1
        return self._pages[min(self.asked, len(self._pages)) - 1], "application/json"


def _page(entries: list[Any], **about: Any) -> bytes:
    return json.dumps({"numRecordings": "2", "numPages": 1, "recordings": entries} | about).encode()


GOOD = {"id": "1", "en": "Wren", "file": "https://example.org/1"}
DEEP = "[" * 50_000 + "]" * 50_000
ODD_FILES = [
    {"a": 1},
    ["https://example.org/x"],
    None,
    7,
    "",
    "http://[::1",
    "http://a..b/x",
    "http://example.org:99999/x",
    "http://example.org:x/",
    "https://",
    "ftp://example.org/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://\ud800/x",
    "/" + "x" * 5000,
]


@pytest.mark.parametrize("file", ODD_FILES, ids=str)
def test_an_odd_address_leaves_out_one_recording(server: FakeXenoCanto, tmp_path: Path, file: Any) -> None:
    server.add("4", file=file)
    outcome = _download(server, tmp_path / "base")
    assert outcome.added == 3
    assert len(outcome.failures) == 1 or outcome.skipped.total() == 1


def test_a_name_that_is_not_ascii_is_sent_encoded(server: FakeXenoCanto, tmp_path: Path) -> None:
    server.add("4", file="/4/дрозд и.mp3", en="Дрозд")
    assert _download(server, tmp_path / "base").added == 4
    assert any("/4/%D0%B4" in path for path in server.requests)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["id", "file", "url", "en", "rec", "lic", "gen", "q"]), VALUES), VALUES
)
@settings(max_examples=60, deadline=None)
def test_any_entry_leaves_the_others(entry: dict[str, Any], whole: Any) -> None:
    listing = XenoCanto(_Pages(_page([entry, whole, GOOD])), KEY)
    found = [each for each, _ in listing.search("q:A")]
    assert "1" in [each.number for each in found]
    assert len(found) + len(listing.left_out) >= 2
    for each in found:
        each.file_url.encode(), each.english.encode(), each.recordist.encode()


@pytest.mark.parametrize(
    "odd",
    [DEEP, '{"a":' * 3000 + "1" + "}" * 3000, "9" * 5000, "1e999", "NaN", "-Infinity", r'"\ud800"'],
    ids=["list", "object", "digits", "float", "nan", "infinity", "surrogate"],
)
@pytest.mark.parametrize("name", ["file", "id", "en", "rec"])
def test_json_at_its_limits_leaves_out_one_recording(odd: str, name: str) -> None:
    entry = json.dumps(GOOD | {"id": "2", name: "@"}).replace('"@"', odd)
    body = f'{{"numRecordings": 2, "numPages": 1, "recordings": [{entry}, {json.dumps(GOOD)}]}}'
    found = [each for each, _ in XenoCanto(_Pages(body.encode()), KEY).search("q:A")]
    assert found[-1].number == "1"


def test_text_that_is_no_utf8_leaves_the_rest() -> None:
    body = _page([GOOD | {"id": "2", "en": "@"}, GOOD]).replace(b"@", b"\xff\xfe")
    assert [each.number for each, _ in XenoCanto(_Pages(body), KEY).search("q:A")] == ["2", "1"]


@pytest.mark.parametrize("pages", ["1e999", "1e9", "-3", "[]", '"many"', "9" * 5000, "null", "true"])
def test_the_number_of_pages_is_not_believed(pages: str) -> None:
    first = _page([GOOD], numPages="@").replace(b'"@"', pages.encode())
    empty = _page([], numPages="@").replace(b'"@"', pages.encode())
    client = _Pages(first, empty)
    assert len(list(XenoCanto(client, KEY).search("q:A"))) == 1
    assert client.asked <= 3
    client = _Pages(first)  # the same recording on every page
    assert len(list(XenoCanto(client, KEY).search("q:A"))) == 1
    assert client.asked <= 3


def test_a_later_page_that_is_no_json_is_left_out(server: FakeXenoCanto, tmp_path: Path) -> None:
    for number in range(4, 112):
        server.recordings[str(number)] = server.recordings["1"] | {"id": str(number), "file": ""}
    server.pages[2] = DEEP.encode()[:-1]
    outcome = _download(server, tmp_path / "base")
    assert outcome.added == 3 and server.requests["/api/3/recordings"] == 3
    assert outcome.failures == [("page 2 of the listing", "it is not JSON")]


@pytest.mark.parametrize(
    "asked",
    ["", "soon", "-5", "1e9", "٣", "²", "9" * 5000, "Thu, 99 Foo 2026", "Thu, 01 Jan 1970 00:00:00 GMT"],
)
def test_an_odd_retry_after_is_ignored(server: FakeXenoCanto, asked: str) -> None:
    server.retry_after = asked.encode().decode("latin-1")
    server.faults = {"api": ["429"]}
    slept: list[float] = []
    client = PoliteClient(PACE, sleep=slept.append, named=(LOOPBACK,))
    assert len(list(XenoCanto(client, KEY, server.url).search("q:A"))) == 3
    assert len(slept) == 1 and slept[0] <= PACE.longest_wait_s * 1.1
    assert asked == "9" * 5000 or slept[0] < 0.6


def test_a_name_that_cannot_be_looked_up_is_given_up_at_once(server: FakeXenoCanto, tmp_path: Path) -> None:
    server.add("4", file="http://nowhere.invalid/4")
    slept: list[float] = []
    client = PoliteClient(PACE, sleep=slept.append, named=(LOOPBACK,))
    outcome = download(
        XenoCanto(client, KEY, server.url, 50), client, "q:A", Catalogue(tmp_path / "base"), Wanted()
    )
    assert outcome.added == 3 and slept == []
    assert "cannot be looked up" in dict(outcome.failures)["XC4"]


def test_a_port_where_nobody_listens_is_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind((LOOPBACK, 0))
        slept: list[float] = []
        client = PoliteClient(PACE, sleep=slept.append, named=(LOOPBACK,))
        with pytest.raises(HttpError, match="cannot be reached"):
            client.get(f"http://{LOOPBACK}:{closed.getsockname()[1]}/")
    assert len(slept) == 2


def test_labels_that_fall_together_leave_out_one_recording(server: FakeXenoCanto, tmp_path: Path) -> None:
    for number, name in enumerate(("夜莺", "黄莺", "Common blackbird"), start=4):
        server.add(str(number), en=name)
    outcome = _download(server, tmp_path / "base")
    assert outcome.added == 5
    assert {path.name for path in (tmp_path / "base").iterdir() if path.is_dir()} == {
        "common-blackbird",
        "夜莺",
        "黄莺",
    }
    ((name, reason),) = outcome.failures
    assert name == "XC6" and "'Common blackbird' and 'Common Blackbird' would be one label" in reason


# Where requests may go.


@pytest.mark.parametrize("way", ["address", "redirect"])
@pytest.mark.parametrize("host", [LOOPBACK, "[::ffff:127.0.0.1]", "127.1", "2130706433", "0.0.0.0"])
def test_private_targets_are_refused(server: FakeXenoCanto, tmp_path: Path, way: str, host: str) -> None:
    with FakeXenoCanto() as inner:
        target = f"http://{host}:{inner.url.split(':')[2].split('/')[0]}/1/download"
        if way == "address":
            server.add("4", file=target)
        else:
            server.redirects["4"] = target
            server.add("4")
        # The outer server is reached by a name that stands for this computer: only that name may be private.
        outside = server.url.replace(LOOPBACK, "localhost")
        client = PoliteClient(PACE, sleep=lambda _seconds: None, named=("localhost",))
        outcome = download(
            XenoCanto(client, KEY, outside, 50), client, "q:A", Catalogue(tmp_path / "base"), Wanted()
        )
        assert outcome.added == 3 and inner.requests.total() == 0
        assert "XC4" in dict(outcome.failures)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:0a00:0001::1", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_redirect_loses_the_key(server: FakeXenoCanto) -> None:
    with FakeXenoCanto() as other:
        server.redirects["api"] = f"{other.url}?page=1&per_page=50&query=q:A&key={KEY}&x=%73{KEY[1:]}"
        client = PoliteClient(PACE, sleep=lambda _seconds: None, named=(LOOPBACK,))
        with pytest.raises(RecordingsError, match="refuses the key"):
            list(XenoCanto(client, KEY, server.url).search("q:A"))
        assert other.queries == ["page=1&per_page=50&query=q:A"]
        assert all("Authorization" not in each and "Cookie" not in each for each in other.headers)
        server.redirects["api"] = f"{other.url}/{KEY}"
        with pytest.raises(RecordingsError, match="secret in its path"):
            list(XenoCanto(client, KEY, server.url).search("q:A"))
        assert len(other.queries) == 1


def test_redirects_of_files_are_followed_but_not_for_ever(server: FakeXenoCanto, tmp_path: Path) -> None:
    server.redirects = {"1": "/other/download", "2": "/2/again", "3": "http://[::1"}
    server.files["other"] = server.files["1"]
    outcome = _download(server, tmp_path / "base")
    assert outcome.added == 1
    reasons = dict(outcome.failures)
    assert "without end" in reasons["XC2"] and "not an address" in reasons["XC3"]


def test_netrc_is_not_read(server: FakeXenoCanto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text(f"machine {LOOPBACK} login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    _download(server, tmp_path / "base")
    assert server.headers and all("Authorization" not in each for each in server.headers)


# Where a key may go, and that it is never told.


@pytest.mark.parametrize(
    ("api", "named", "message"),
    [
        ("https://example.org/api", (), "not xeno-canto"),
        ("https://xeno-canto.org.example.org/api", (), "not xeno-canto"),
        ("https://notxeno-canto.org/api", (), "not xeno-canto"),
        ("https://xeno-canto.org@example.org/api", (), "not xeno-canto"),
        # two parsers, two hosts: what `requests` would connect to counts
        ("https://example.org\\@xeno-canto.org/api", (), "sent to example.org"),
        ("https://example.org\\.xeno-canto.org/api", (), "sent to example.org"),
        ("https://example.org\\@good.example/api", ("good.example",), "sent to example.org"),
        ("https://example.org%2f.xeno-canto.org/api", (), "not an address"),
        ("https://example.org;.xeno-canto.org/api", (), "not an address"),
        ("https://xeno-canto.org\t.example.org/api", (), "not an address"),
        ("http://xeno-canto.org/api/3/recordings", (), "plain http"),
        ("http://example.org/api", ("example.org",), "plain http"),
        ("http://10.0.0.1/api", ("10.0.0.1",), "plain http"),
        ("http://127.0.0.1/api", (), "not xeno-canto"),
        ("ftp://xeno-canto.org/", (), "not an address"),
        ("http://[::1", (), "not an address"),
        ("xeno-canto.org", (), "not an address"),
    ],
)
def test_a_key_is_not_sent_elsewhere(api: str, named: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecordingsError, match=message):
        checked_api(api, named)


def test_where_a_key_may_be_sent() -> None:
    assert checked_api("") == "https://xeno-canto.org/api/3/recordings"
    for api in ("https://www.xeno-canto.org/api", "https://example.org:8443/x", "http://127.0.0.1:80/x"):
        assert checked_api(api, named_hosts(["Example.org:8443", "127.0.0.1"])) == api
    assert pace_for("https://xeno-canto.org/x", 0.0).interval_s == 4.0
    assert (
        not is_xeno_canto("https://notxeno-canto.org/") and pace_for("https://x.org/", 0.5).interval_s == 0.5
    )
    with pytest.raises(RecordingsError, match="names no host"):
        named_hosts([""])


def test_a_key_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "key").write_text(KEY)
    assert read_key(key_file_inside(folder, "key")) == KEY
    for name in ("../secret", str(tmp_path / "secret"), "link", "~/../../etc/passwd"):
        with pytest.raises(RecordingsError, match="outside its own folder"):
            key_file_inside(folder, name)


@pytest.mark.parametrize("text", ["two words", "two\nlines", "x" * 201, "ключ"])
def test_a_text_file_is_no_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text, encoding="utf-8")
    with pytest.raises(RecordingsError, match="not a key"):
        read_key(tmp_path / "key")


@pytest.mark.parametrize("before", range(170, 205, 5))
def test_the_key_is_masked_before_the_text_is_cut(before: int) -> None:
    key = "0123456789abcdefghijklmnopqrstuvwxyz+/="
    for told in (
        key,
        "0123456789abcdefghijklmnopqrstuvwxyz%2B%2F%3D",
        "0123456789abcdefghijklmnopqrstuvwxyz%2b%2f%3d",
        f"{key[:9]}\u200b{key[9:]}",
    ):
        body = json.dumps({"message": "x" * before + told}).encode()
        refused = XenoCanto(_Pages(b""), key)._refused(HttpError(401, body, "no"), "q:A")
        assert not any(key[at : at + 6] in str(refused) for at in range(len(key) - 6))


def test_a_key_that_the_server_repeats_goes_into_no_file(server: FakeXenoCanto, tmp_path: Path) -> None:
    server.add("4", rec=f"{'r' * 290}{KEY}", en=f"Wren {KEY}", url=f"/page/{KEY}")
    server.add("5", file=f"/5/download?key={KEY}")
    assert _download(server, tmp_path / "base").added == 4
    for path in tmp_path.rglob("*"):
        assert KEY[:6] not in str(path) and (path.is_dir() or KEY[:6].encode() not in path.read_bytes())


def test_the_command_asks_whom_it_was_told_to_trust(server: FakeXenoCanto, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = ["q:A", "--out", str(tmp_path / "base"), "--key-file", str(tmp_path / "key"), "--interval", "0"]
    with pytest.raises(RecordingsError, match="--allow-api 127"):
        command.run(parser.parse_args([*words, "--api", server.url]))
    assert server.requests.total() == 0


def test_the_key_in_the_environment_is_for_xeno_canto_alone(
    server: FakeXenoCanto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENO_CANTO_KEY", KEY)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = ["q:A", "--out", str(tmp_path / "base"), "--interval", "0"]
    trusted = ["--api", server.url, "--allow-api", "127.0.0.1"]
    with pytest.raises(RecordingsError, match="no key file") as refused:
        command.run(parser.parse_args([*words, *trusted]))
    assert server.requests.total() == 0 and KEY not in str(refused.value)
    (tmp_path / "key").write_text(KEY)
    assert command.run(parser.parse_args([*words, *trusted, "--key-file", str(tmp_path / "key")])) == 0
    assert key_for("https://www.xeno-canto.org/api", None) == KEY
    for api in (
        "https://xeno-canto.org.evil.org/x",
        "https://evil.org/xeno-canto.org",
        "https://xeno-canto.org@evil.org",
    ):
        with pytest.raises(RecordingsError, match="no key file"):
            key_for(api, None)


# The small parts.


@pytest.mark.parametrize("url", ["http://[::1", "", "nonsense", "http://u:p@h/x?key=secret#y"])
def test_an_address_is_shown_without_secrets(url: str) -> None:
    assert "secret" not in shown(url) and "u:p" not in shown(url)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_plain_json_is_read_as_it_is(value: Any) -> None:
    def plain(each: Any) -> Any:
        if isinstance(each, float) and (each != each or each in (float("inf"), float("-inf"))):
            return None
        if isinstance(each, list):
            return [plain(one) for one in each]
        return {name: plain(one) for name, one in each.items()} if isinstance(each, dict) else each

    assert parse_untrusted(json.dumps(value).encode()) == plain(value)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 90_000, b'"' + b'\\"' * 90_000, b"]" * 90_000, b"\xff"])
def test_what_is_no_json_is_refused_quickly(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_untrusted(body)


@pytest.mark.parametrize(
    ("value", "number"), [(3, 3), ("3", 3), (" 3 ", 3), (1e9, 100), (True, 0), (-1, 0), ("1e9", 0), (None, 0)]
)
def test_whole_numbers(value: Any, number: int) -> None:
    assert whole_number(value, 100) == number
