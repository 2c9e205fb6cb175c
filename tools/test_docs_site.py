"""The site of docs/: MkDocs builds it without a warning, its pages are whole, and nothing is fetched from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools import docs_site

ROOT = Path(__file__).resolve().parents[1]
MOST_PICTURE = 120_000
MOST_PICTURES = 500_000
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}


class _Fetched(HTMLParser):
    """What a browser fetches for a page, and the text of its paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.classes: set[str] = set()
        self.paragraphs: list[str] = []
        self._in_paragraph = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        url = given.get(FETCHED.get(tag, ""))
        if url and given.get("rel") not in ("canonical", "prev", "next"):
            self.urls.append(url)
        self.classes.update((given.get("class") or "").split())
        if tag == "p":
            self._in_paragraph = True
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_paragraph = self._in_paragraph and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._in_paragraph:
            self.paragraphs[-1] += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_there_and_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    expected = len(list((ROOT / "docs").rglob("*.md"))) + len(docs_site.OUTSIDE)
    assert len([page for page in pages if page.name != "404.html"]) == expected
    for page in pages:
        found = _Fetched()
        found.feed(page.read_text(encoding="utf-8"))
        assert found.urls, page
        elsewhere = [url for url in found.urls if re.match(r"(?:\w+:)?//", url)]
        assert not elsewhere, f"{page.name}: {elsewhere}"
        assert "mermaid" not in found.classes, "the theme fetches a script for such a drawing"
        unread = [text for text in found.paragraphs if re.match(r"\s*(?:\||[-*] )", text)]
        assert not unread, f"{page.name}: a table or list that MkDocs takes for text: {unread[0][:80]}"


@pytest.mark.slow
def test_style_sheets_fetch_nothing_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.findall(
            r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")
        ), sheet


def test_links_between_docs_and_the_rest_are_bent() -> None:
    assert docs_site.bent("[a](../firmware/README.md#x)", "index.md") == "[a](project/firmware/README.md#x)"
    assert docs_site.bent("[a](../index.md)", "recipes/ser2net.md") == "[a](../index.md)"
    assert docs_site.bent("[a](docs/claims.md)", "project/CONTRIBUTING.md") == "[a](../claims.md)"
    assert docs_site.bent("![a](pictures/x.png)", "index.md") == "![a](pictures/x.png)"
    assert docs_site.bent("[a](https://example.org)", "index.md") == "[a](https://example.org)"
    assert docs_site.bent("[a](nowhere.md)", "project/CONTRIBUTING.md") == "[a](nowhere.md)"


def test_pictures_are_small_and_used() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    assert all(picture.stat().st_size < MOST_PICTURE for picture in pictures)
    assert sum(picture.stat().st_size for picture in pictures) < MOST_PICTURES
    text = "".join(
        page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    )
    assert [picture.name for picture in pictures if f"pictures/{picture.name}" not in text] == []
