"""A hook of MkDocs: pages that lie outside docs/ are part of the site, and links between both kinds lead somewhere.

On GitHub a page of docs/ links to `../firmware/README.md`. MkDocs knows docs/ only, so those pages come into the site
under `project/`, at the path that they have in the repository, and links are bent accordingly.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "project"
OUTSIDE = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "firmware/README.md",
    "hil_tests/README.md",
    "examples/own_firmware/README.md",
)
LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/."""
    for name in OUTSIDE:
        files.append(File.generated(config, f"{PREFIX}/{name}", abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Bend the links of one page."""
    del config, files  # MkDocs gives them by name
    return bent(markdown, page.file.src_uri)


def bent(markdown: str, uri: str) -> str:
    """A page with links as the site needs them.

    Args:
        markdown: the page as it lies in the repository.
        uri: its path in the site's sources.
    """
    own = in_repository(uri)

    def of(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(own), found[2]))
        if target.startswith("docs/"):
            there = target.removeprefix("docs/")
        elif target in OUTSIDE:
            there = f"{PREFIX}/{target}"
        else:  # left as it is, for MkDocs to complain about
            return found[0]
        return f"{found[1]}{posixpath.relpath(there, posixpath.dirname(uri) or '.')}{found[3]}"

    return LINK.sub(of, markdown)


def in_repository(uri: str) -> str:
    """The path in the repository of a page of the site's sources."""
    inside = f"{PREFIX}/"
    return uri.removeprefix(inside) if uri.startswith(inside) else f"docs/{uri}"
