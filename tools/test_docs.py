"""The pages in docs/ say what the code says: tables are fresh, files that they name exist, links lead somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tools import docs, docs_site

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *docs.pages(),
    *(ROOT / name for name in ("README.md", *docs_site.OUTSIDE)),
]
# A path in backticks: one of our folders, then at least one more part; capitals stand for a name to choose.
NAMED = re.compile(r"`(?:python3? )?((?:host|firmware|hil_tests|tools|models|docs)/[\w./-]+)")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", docs.pages(), ids=named)
def test_tables_are_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert docs.rewritten(text) == text, "run `python tools/docs.py`"


@pytest.mark.parametrize("path", docs.schemas(), ids=named)
def test_schemas_are_fresh_and_valid(path: Path) -> None:
    text = docs.schemas()[path]
    assert path.read_text(encoding="utf-8") == text, "run `python tools/docs.py`"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


WRITTEN = {
    "bundle": ("models/default/bundle.json", "host/testdata/written_before/bundle/bundle.json"),
    "pipeline": ("models/default/pipeline.json",),
    "recipe": ("host/testdata/written_before/recipe.json",),
    "farm": (),  # TOML: host/board/test_farm.py
    "history": (),  # rows of a database: host/history/test_database.py holds what is written to the schema
    "limits": (),  # host/limits/test_limit.py
    "report": (),  # host/report/test_declared_report.py
}


@pytest.mark.parametrize("name", docs.SCHEMAS)
def test_the_files_of_this_repository_are_as_their_schemas_say(name: str) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for path in WRITTEN[name]:
        values = json.loads((ROOT / path).read_text(encoding="utf-8"))
        validator.validate(values)
        assert not validator.is_valid(values | {"nonsense": 1})


def test_every_table_is_shown() -> None:
    marked = {
        found[2] for page in docs.pages() for found in docs.MARKED.finditer(page.read_text(encoding="utf-8"))
    }
    assert marked == set(docs.TABLES)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_files_that_are_named_exist(page: Path) -> None:
    found = set(NAMED.findall(page.read_text(encoding="utf-8")))
    missing = [name for name in found if not _exists(page, name) and not re.search(r"[A-Z]{3}|mine", name)]
    assert not missing


def _exists(page: Path, name: str) -> bool:
    return any((folder / name).exists() for folder in (ROOT, page.parent))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    listed = re.findall(r"\]\((0\d{3}[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == names
    for name in names:
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {name[:4]}: ")


WORKFLOWS = [
    (page, found)
    for page in docs.pages()
    for found in re.findall(
        r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    if "\njobs:" in found
]


@pytest.mark.slow
@pytest.mark.parametrize("text", [text for _, text in WORKFLOWS], ids=[named(page) for page, _ in WORKFLOWS])
def test_workflows_to_copy_have_the_form_that_github_wants(text: str, tmp_path: Path) -> None:
    workflow = tmp_path / "hil.yml"
    for content, code in ((text, 0), (text.replace("runs-on:", "runs-in:"), 1)):
        workflow.write_text(content, encoding="utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "check_jsonschema",
                "--builtin-schema",
                "vendor.github-workflows",
                workflow,
            ],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr


def test_workflows_are_shown() -> None:
    assert len(WORKFLOWS) == 2


def test_the_readme_is_read_in_two_minutes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    words = re.sub(r"\]\([^)]*\)", "]", text).split()
    assert len(words) < 620
    assert text.count("![") == 1
    for command in ("python3 tools/run.py hil", "python3 tools/run.py test"):
        assert f"\n    {command} " in text
