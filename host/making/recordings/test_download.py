"""Downloading over real HTTP, from a loopback server with faults."""

from __future__ import annotations

import argparse
import errno
import json
import wave
from pathlib import Path

import pytest

from ...commands import download as command
from .catalogue import ATTRIBUTION, INCOMING, Catalogue
from .download import Outcome, Wanted, download
from .errors import RecordingsError
from .fake_server import KEY, FakeXenoCanto, sound
from .http import Pace, PoliteClient
from .service import read_key
from .xeno_canto import XenoCanto, check_query

QUERY = 'sp:"turdus merula" q:A'
LABEL = "common-blackbird"


class Fetching:
    """One server, one folder, and what a run said."""

    def __init__(self, server: FakeXenoCanto, base: Path) -> None:
        self.server, self.base = server, base
        self.said: list[str] = []
        self.slept: list[float] = []

    def run(self, query: str = QUERY, wanted: Wanted | None = None, key: str = KEY) -> Outcome:
        pace = Pace(interval_s=0.0, timeout_s=0.3, attempts=3, first_wait_s=0.5)
        client = PoliteClient(pace, self.said.append, sleep=self.slept.append, named=("127.0.0.1",))
        listing = XenoCanto(client, key, self.server.url, 50)
        return download(listing, client, query, Catalogue(self.base), wanted or Wanted())

    def names(self) -> list[str]:
        return sorted(path.name for path in self.base.rglob("*.wav"))


@pytest.fixture
def fetching(tmp_path: Path):  # type: ignore[no-untyped-def]
    with FakeXenoCanto() as server:
        yield Fetching(server, tmp_path / "base")


def test_recordings_arrive_with_author_and_licence(fetching: Fetching) -> None:
    outcome = fetching.run()
    assert (outcome.added, outcome.present, outcome.failures) == (3, 0, [])
    assert fetching.names() == ["XC1.wav", "XC2.wav", "XC3.wav"]
    with wave.open(str(fetching.base / LABEL / "XC1.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 0.9 < file.getnframes() / 8000 < 1.2
    known = json.loads((fetching.base / LABEL / "XC2.json").read_text(encoding="utf-8"))
    assert known["recordist"] == "Recordist 2" and known["licence"] == "CC BY-NC-SA 4.0"
    text = (fetching.base / ATTRIBUTION).read_text(encoding="utf-8")
    assert "Recordist 3" in text and "CC BY-NC-SA 4.0" in text
    assert not (fetching.base / INCOMING).exists()


def test_nothing_is_fetched_twice(fetching: Fetching) -> None:
    fetching.run()
    asked = fetching.server.requests.copy()
    outcome = fetching.run()
    assert (outcome.added, outcome.present) == (0, 3)
    new = fetching.server.requests - asked
    assert list(new) == ["/api/3/recordings"]


def test_an_interrupted_run_goes_on(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    original = PoliteClient.download

    def interrupted(self: PoliteClient, url: str, path: Path) -> str:
        if url.endswith("/2/download"):
            raise KeyboardInterrupt
        return original(self, url, path)

    monkeypatch.setattr(PoliteClient, "download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetching.run()
    assert fetching.names() == ["XC1.wav"]
    monkeypatch.undo()
    (fetching.base / INCOMING).mkdir(exist_ok=True)
    (fetching.base / INCOMING / "XC2.bin").write_bytes(b"half")  # what a killed process leaves
    outcome = fetching.run()
    assert (outcome.added, outcome.present) == (2, 1) and fetching.server.requests["/1/download"] == 1


@pytest.mark.parametrize("fault", ["429", "500", "cut", "cut chunk", "stall"])
def test_passing_faults_are_tried_again(fetching: Fetching, fault: str) -> None:
    fetching.server.faults = {"2": [fault], "api": [fault] if fault in ("429", "500") else []}
    assert fetching.run().added == 3
    assert fetching.said and all(KEY not in line for line in fetching.said)


def test_lasting_faults_are_named_and_the_rest_arrives(fetching: Fetching) -> None:
    fetching.server.faults = {"1": ["cut", "cut chunk", "cut"], "3": ["html"] * 9}
    outcome = fetching.run()
    assert outcome.added == 1 and fetching.names() == ["XC2.wav"]
    reasons = dict(outcome.failures)
    assert "cut off" in reasons["XC1"] and "text/html instead of sound" in reasons["XC3"]


def test_what_is_missing_of_a_recording_is_told(fetching: Fetching) -> None:
    whole = sound(5, kind="WAV")
    fetching.server.files["2"] = whole[: len(whole) // 2]
    outcome = fetching.run()
    assert outcome.added == 3 and not outcome.failures
    assert [name for name, _ in outcome.warnings] == ["XC2"]
    assert "ends" in outcome.warnings[0][1] or "cut" in outcome.warnings[0][1]


def test_the_server_may_ask_for_more_patience(fetching: Fetching) -> None:
    fetching.server.retry_after = "33"
    fetching.server.faults = {"api": ["429"]}
    fetching.run()
    assert max(fetching.slept) >= 33.0


def test_waits_double_up_to_the_limit_and_then_end(fetching: Fetching) -> None:
    fetching.server.faults = {"api": ["429"] * 9}
    with pytest.raises(RecordingsError, match="too many requests"):
        fetching.run()
    assert [round(wait, 1) for wait in fetching.slept] == pytest.approx([0.5, 1.0], rel=0.15)


def test_requests_keep_their_distance() -> None:
    now = 100.0
    slept: list[float] = []
    with FakeXenoCanto() as server:
        client = PoliteClient(
            Pace(interval_s=4.0), clock=lambda: now, sleep=slept.append, named=("127.0.0.1",)
        )
        list(XenoCanto(client, KEY, server.url).search(QUERY))
        list(XenoCanto(client, KEY, server.url).search(QUERY))
    assert slept == [4.0]


def test_a_wrong_key_is_refused_and_never_shown(fetching: Fetching) -> None:
    with pytest.raises(RecordingsError, match="refuses the key") as caught:
        fetching.run(key="my-wrong-key")
    error: BaseException | None = caught.value
    while error is not None:
        assert "my-wrong-key" not in f"{error}{error.args}"
        error = error.__cause__


def test_no_key_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XENO_CANTO_KEY", raising=False)
    with pytest.raises(RecordingsError, match="no xeno-canto key"):
        read_key(None)
    (tmp_path / "key").write_text(" abc \n")
    assert read_key(tmp_path / "key") == "abc"
    with pytest.raises(RecordingsError, match="key file"):
        read_key(tmp_path / "none")


@pytest.mark.parametrize(("query", "message"), [("sp:nobody", "no recordings"), ("q:Z", "Unknown quality")])
def test_empty_and_refused_queries(fetching: Fetching, query: str, message: str) -> None:
    with pytest.raises(RecordingsError, match=message):
        fetching.run(query)


@pytest.mark.parametrize("query", ["", "turdus merula", 'sp:"turdus', "q:A blackbird"])
def test_queries_are_tags_only(query: str) -> None:
    with pytest.raises(RecordingsError):
        check_query(query)


def test_a_page_that_is_no_json_is_explained(fetching: Fetching) -> None:
    fetching.server.faults = {"api": ["html"]}
    with pytest.raises(RecordingsError, match="not JSON"):
        fetching.run()


def test_tricks_in_names_go_nowhere(fetching: Fetching, tmp_path: Path) -> None:
    fetching.server.add("../../evil")
    fetching.server.add("4", en="../../../etc/Passwd", **{"file-name": "../../x.mp3"})
    fetching.server.add("5", file="file:///etc/passwd")
    fetching.server.add("6", en="CON")
    outcome = fetching.run()
    assert outcome.added == 5
    inside = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert inside == {"base"}
    assert (fetching.base / "etc-passwd" / "XC4.wav").is_file() and (
        fetching.base / "con-" / "XC6.wav"
    ).is_file()
    assert outcome.skipped == {"no file is given (withheld)": 1}


def test_protocol_relative_missing_and_nd(fetching: Fetching) -> None:
    port = fetching.server.url.split(":")[2].split("/")[0]
    fetching.server.add("4", file=f"//127.0.0.1:{port}/4/download")
    fetching.server.add("5", file="")
    fetching.server.add("6", lic="//creativecommons.org/licenses/by-nc-nd/4.0/")
    outcome = fetching.run()
    assert outcome.added == 4 and "XC6.wav" not in fetching.names()
    assert any("forbids derivatives (CC BY-NC-ND 4.0)" in reason for reason in outcome.skipped)
    assert fetching.run(wanted=Wanted(allow_no_derivatives=True)).added == 1


def test_pages_follow_each_other_until_enough(tmp_path: Path) -> None:
    with FakeXenoCanto(entries=60) as server:
        fetching = Fetching(server, tmp_path)
        assert fetching.run(wanted=Wanted(most=52)).added == 52
        assert server.requests["/api/3/recordings"] == 2


def test_stereo_and_rate_on_request(fetching: Fetching) -> None:
    fetching.run(wanted=Wanted(rate=16000, stereo=True, most=1, label="Black Bird"))
    with wave.open(str(fetching.base / "black-bird" / "XC1.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (16000, 2)


def test_a_full_disk_ends_clearly_and_keeps_what_is_whole(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Catalogue.add

    def full(self: Catalogue, recording: object, wav: bytes) -> None:
        if recording.name == "XC2":  # type: ignore[attr-defined]
            raise OSError(errno.ENOSPC, "No space left on device")
        original(self, recording, wav)  # type: ignore[arg-type]

    monkeypatch.setattr(Catalogue, "add", full)
    with pytest.raises(RecordingsError, match="is full"):
        fetching.run()
    assert "XC1.wav" in fetching.names() and "XC2.wav" not in fetching.names()
    assert not list(fetching.base.rglob("*.part"))


def test_the_command_reads_its_key_from_a_file(
    fetching: Fetching, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text(KEY)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [
        QUERY,
        "--out",
        str(fetching.base),
        "--key-file",
        str(tmp_path / "key"),
        "--api",
        fetching.server.url,
    ]
    assert (
        command.run(parser.parse_args([*words, "--interval", "0", "--most", "2", "--allow-api", "127.0.0.1"]))
        == 0
    )
    printed = capsys.readouterr().out
    assert "2 recordings added" in printed and KEY not in printed
