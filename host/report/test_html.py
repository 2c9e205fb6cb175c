"""The HTML report: whole, self-contained, safe, of bounded size."""

import copy
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..comparison.fakes import Tamper
from ..comparison.record import PICTURED_FILES
from ..link import messages as m
from . import html
from .conftest import Compare, MakeRun
from .html import render_html, write_html

VOID = {"meta", "img", "br", "link", "input"}
NASTY = '<script>alert("1")</script><img src=x onerror=alert(2)>\'&{{ 7*7 }}.wav'


class Page(HTMLParser):
    """Checks that elements are closed in order, and collects tags, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.urls: list[str] = []
        self.ids: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [value or "" for name, value in attrs if name in ("src", "href")]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_a_board_says_of_itself_steers_nothing(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared("\u202ename.wav"))
    run.info = replace(run.info, board="\x1b[2J", chip="\u202e", bundle_name=b"\x1b]0;x\x07")
    run.notes.append("\x9b31m \u2066")
    text = render_html(run)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2J" in text and "\\u202ename.wav" in text


def test_a_run_that_passes(compared: Compare, make_run: MakeRun) -> None:
    page = Page(render_html(make_run(compared("one.wav"), compared("two.wav"))))
    assert "PASS" in page.text
    assert "FAIL" not in page.text
    assert "INCOMPLETE" not in page.text
    assert page.text.count("cells shown are equal") == 2
    assert page.tags.count("img") == 2  # one of each file: there is no difference to show
    assert page.tags.count("audio") == 2 and page.tags.count("main") == 1
    for expected in ("one.wav", "p99", "jitter", "Latencies are this computer's", "crc errors", "arena used"):
        assert expected in page.text


def test_it_needs_nothing_else(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    text = render_html(make_run(compared(), compared("b.wav", wrong_cell)))
    page = Page(text)
    assert all(
        url.startswith(("data:image/png;base64,", "data:audio/flac;base64,", "#")) for url in page.urls
    )
    assert {url[1:] for url in page.urls if url.startswith("#")} <= page.ids
    assert "://" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not {"link", "iframe", "object"} & set(page.tags)


def test_names_are_text(compared: Compare, make_run: MakeRun, bundle: Bundle) -> None:
    file = compared(NASTY)
    file.notes.append(NASTY)
    run = make_run(file)
    plain = Page(render_html(make_run(compared("plain.wav"))))
    run.bundle = replace(bundle, name=NASTY[:31])
    page = Page(render_html(run))
    assert page.tags.count("script") == plain.tags.count("script")
    assert page.tags.count("img") == plain.tags.count("img")
    assert NASTY in page.text


def test_labels_are_text(compared: Compare, make_run: MakeRun, bundle: Bundle) -> None:
    file = compared()
    file.bundle = replace(bundle, labels=tuple(f"{i}{NASTY}" for i in range(len(bundle.labels))))
    page = Page(render_html(make_run(file)))
    assert [f"Score of {i}{NASTY}" in page.text for i in range(len(bundle.labels))].count(True) == 1


def test_differences_are_explained_and_pictured(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper
) -> None:
    text = render_html(make_run(compared("good.wav"), compared("bad.wav", wrong_cell)))
    page = Page(text)
    assert "1 feature cell differs" in page.text
    assert "column 70, band 5" in page.text
    assert "(+3 LSB)" in page.text or "(-253 LSB)" in page.text
    assert "Around the first difference" in page.text
    assert text.count('class="ring"') == 2
    # what differs stands first, open
    assert page.text.index("column 70, band 5") < page.text.rindex("good.wav")
    assert '<details id="file-2" open>' in text


def test_a_board_of_its_own_time(compared: Compare, make_run: MakeRun) -> None:
    page = Page(render_html(make_run(compared(), virtual=False)))
    assert "this computer's" not in page.text


def test_a_board_that_is_too_slow(compared: Compare, make_run: MakeRun) -> None:
    def slow(message: Any) -> list[Any]:
        return [replace(message, total_ns=900_000_000) if isinstance(message, m.WindowResult) else message]

    assert "Too slow for real time" in Page(render_html(make_run(compared(tamper=slow)))).text
    assert "Too slow for real time" not in Page(render_html(make_run(compared()))).text


@pytest.mark.parametrize("length", [0, 10, 1024, 5000])
def test_audio_too_short_for_anything(compared: Compare, make_run: MakeRun, length: int) -> None:
    page = Page(render_html(make_run(compared(audio=np.zeros(length, np.int16)))))
    assert "INCOMPLETE" in page.text
    assert "nothing was measured" in page.text


def test_no_file_at_all_and_features_only(compared: Compare, make_run: MakeRun) -> None:
    assert "no file was compared" in Page(render_html(make_run())).text
    page = Page(render_html(make_run(compared(inference=False), inference=False)))
    assert "PASS" in page.text


@pytest.mark.parametrize(("board", "place"), [("", ""), ("lab 3", " on lab 3")])
def test_a_board_that_was_not_reached_has_no_name(make_run: MakeRun, board: str, place: str) -> None:
    run = make_run()
    run.info = replace(run.info, board=board)
    text = render_html(run)
    assert f"<h1>Hardware in the loop: {run.bundle.name}{place}</h1>" in text
    assert f"{run.bundle.name}{place}</title>" in text


def test_windows_that_all_took_the_same_time(compared: Compare, make_run: MakeRun) -> None:
    def same(message: Any) -> list[Any]:
        if not isinstance(message, m.WindowResult):
            return [message]
        return [replace(message, frontend_ns=0, frontend_max_ns=0, inference_ns=5000, total_ns=5000)]

    assert "p50 5.000" in Page(render_html(make_run(compared(tamper=same)))).text


def test_a_long_file_is_pictured_in_part(compared: Compare, make_run: MakeRun, samples: NDArray[Any]) -> None:
    short = render_html(make_run(compared()))
    long = render_html(make_run(compared(audio=np.tile(samples, 30))))
    assert "The images show the first 40 s of 240 s." in long
    assert "The images show" not in short
    assert len(long) < 700_000


def test_many_files_make_no_huge_report(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    good, bad = compared(), compared("bad.wav", wrong_cell)
    files = [replace(good, name=f"{i}.wav", traces=_copy(good)) for i in range(PICTURED_FILES + 5)]
    text = render_html(make_run(*files, replace(bad, traces=_copy(bad))))
    page = Page(text)
    assert f"6 of {len(files) + 1} files have no pictures" in page.text
    assert page.text.count("cells shown are equal") == PICTURED_FILES - 1
    assert "Around the first difference" in page.text
    assert f"{PICTURED_FILES + 4}.wav" in page.text  # in the table


def test_pictures_that_are_too_large_together_are_left_out(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = compared(), compared("bad.wav", wrong_cell)
    files = [replace(good, name=f"{i}.wav", traces=_copy(good)) for i in range(5)]
    run = make_run(*files, replace(bad, traces=_copy(bad)))
    sizes = [section.size for section in html._sections(run)]
    assert all(sizes) and len(sizes) == 6
    monkeypatch.setattr(html, "PICTURE_BYTES", sum(sizes[:3]))
    sections = html._sections(run)
    assert [section.size for section in sections] == [*sizes[:3], 0, 0, 0]
    assert sections[0].file.name == "bad.wav"
    page = Page(render_html(run))
    assert "3 of 6 files have no pictures" in page.text
    assert page.text.count("would make this report too large") == 3


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_every_file_has_its_row_however_many_there_are(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper, count: int
) -> None:
    good, bad = compared(), compared("bad.wav", wrong_cell)
    files = [replace(good, name=f"no{i}.wav", traces=_copy(good)) for i in range(count - 1)]
    text = render_html(make_run(*files, replace(bad, traces=_copy(bad))))
    assert Page(text).tags.count("tfoot") == 1
    rows = text[text.index("<h2>Comparison") : text.index("<h2>Latency")]
    names = re.findall(r'<td class="name">(?:<a href="#file-(\d+)">)?([^<]+)', rows)
    assert [name for _, name in names] == ["bad.wav", *(file.name for file in files)], (
        "those that differ first"
    )
    assert all(number in ("", str(place)) for place, (number, _) in enumerate(names[1:] + names[:1], start=1))
    assert rows.count("<table>") == -(-count // html.ROWS) and rows.count("✗") == 1
    assert rows.count('<div class="rows">') == rows.count("<table>") - 1


def _copy(file: Any) -> Any:
    return copy.deepcopy(file.traces)


def test_written_whole(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    path = write_html(make_run(compared(b"Zaunk\xc3\xb6nig.wav".decode())), tmp_path / "new" / "report")
    assert path == tmp_path / "new" / "report" / "report.html"
    assert "Zaunkönig.wav" in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
