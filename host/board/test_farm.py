"""`farm.toml`, right and wrong."""

import json
import sys
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from ..checkout import ROOT
from ..link.rates import FASTEST_BAUD
from .farm import MOST_BYTES, FarmError, KindName, read_farm
from .kinds.registry import AT_A_PORT, KINDS
from .places.labgrid_client import PlaceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.native

GOOD = """
[[board]]
name = "kitchen"
kind = "esp32"
url = "/dev/ttyUSB0"
tags = ["psram", "lab 2"]

[[board]]
name = "attic"
kind = "serial"
url = "rfc2217://attic.example:4000"
baud = 921600
tags = ["psram"]

[[board]]
name = "here"
kind = "virtual"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "farm.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_farm_is_read(tmp_path: Path) -> None:
    kitchen, attic, here = read_farm(written(tmp_path, GOOD))
    assert (kitchen.name, kitchen.tags) == ("kitchen", ("psram", "lab 2"))
    assert (kitchen.choice.kind, kitchen.choice.port, kitchen.choice.baud) == ("esp32", "/dev/ttyUSB0", None)
    assert (attic.choice.kind, attic.choice.port) == ("serial", "rfc2217://attic.example:4000")
    assert attic.choice.baud == 921600
    assert (here.choice.kind, here.choice.port) == ("virtual", None)


def test_places_and_their_coordinators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_COORDINATOR", "by.environment")
    entry = {"url": None, "place": '"lab/1"'}
    text = one(**entry) + "\n" + one(**entry | {"name": '"b"', "coordinator": '"lab.example:20408"'})
    first, second = (board.choice for board in read_farm(written(tmp_path, text)))
    assert (first.kind, first.port, first.place, first.coordinator) == (
        "esp32",
        None,
        "lab/1",
        "by.environment",
    )
    assert (second.place, second.coordinator) == ("lab/1", "lab.example:20408")
    given = read_farm(written(tmp_path, text), (), "by.option:1")
    assert [board.choice.coordinator for board in given] == ["by.option:1", "lab.example:20408"]
    with pytest.raises(PlaceError, match="no address"):
        read_farm(written(tmp_path, text), (), "by option")


def test_tags_choose(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert [board.name for board in read_farm(path, ["psram"])] == ["kitchen", "attic"]
    assert [board.name for board in read_farm(path, ["psram", "lab 2"])] == ["kitchen"]


def test_a_farm_knows_every_kind() -> None:
    assert set(get_args(KindName)) == {kind.name for kind in (*KINDS, AT_A_PORT)}


def test_the_recipe_s_farm_is_one_and_its_schema_says_so(tmp_path: Path) -> None:
    recipe = (ROOT / "docs" / "recipes" / "several-boards.md").read_text(encoding="utf-8")
    text = recipe.partition("```toml\n")[2].partition("```")[0]
    assert [board.name for board in read_farm(written(tmp_path, text))] == [
        "kitchen",
        "attic",
        "shelf",
        "here",
    ]
    schema = json.loads((ROOT / "docs" / "schemas" / "farm.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    values = tomllib.loads(text)
    validator.validate(values)
    values["board"][0]["colour"] = "red"
    assert not validator.is_valid(values)
    assert not validator.is_valid({"board": []})


def one(**values: object) -> str:
    lines = {"name": '"a"', "kind": '"esp32"', "url": '"/dev/ttyUSB0"'} | {
        k: str(v) for k, v in values.items()
    }
    return "[[board]]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items() if value != "None")


@pytest.mark.parametrize(
    ("text", "cause", "cure"),
    [
        ("", "is empty", "[[board]]"),
        ("  \n# nothing\n", "`board` is missing", "add it"),
        ("[[board]\n", "is no TOML file", "[[board]]"),
        (b'name = "\xff"', "is no TOML file", "[[board]]"),
        ("board = []", "`board` is empty", "[[board]]"),
        ("board = 3", "`board` is 3", "[[board]]"),
        ("[[boards]]\nname = 'a'", "`boards`", "did you mean `board`"),
        ("#" * (MOST_BYTES + 1), "larger than 1 MB", "[[board]]"),
        (one(name=None), "`board[0].name` is missing", "add it"),
        (one(name='""'), "`board[0].name` is empty", "text"),
        (one(name="3"), "`board[0].name` is 3", "text"),
        (one(name='"\\u001b[31m"'), "`board[0].name` is '\\x1b[31m'", "printable"),
        (one(kind=None), "`board[0].kind` is missing", "add it"),
        (one(kind='"esp33"'), "`board[0].kind` is 'esp33'", "virtual, esp32, esp32s3, qemu or serial"),
        (one(url=None), "`board[0].url` is missing for 'a', of kind esp32", "/dev/"),
        (one(url='"socket://nowhere"'), "which is no address", "/dev/"),
        (one(kind='"virtual"'), "a board of kind virtual is started here", "remove the URL"),
        (one(baud="-1"), "`board[0].baud` is -1", f"from 0 to {FASTEST_BAUD}"),
        (one(baud="2020-01-01"), "`board[0].baud` is", f"from 0 to {FASTEST_BAUD}"),
        (one(tags='"psram"'), "`board[0].tags` is 'psram'", "a list"),
        (one(colour='"red"'), "`board[0].colour`", "known here"),
        (one() + "\n" + one(url='"/dev/ttyUSB1"'), "`board[1].name` is 'a', as is board[0]", "its own name"),
        (one() + "\n" + one(name='"b"'), "`board[1].url` is '/dev/ttyUSB0', where 'a' is", "its own URL"),
        (one(place='"lab/1"'), "`board[0].url` is '/dev/ttyUSB0', and the place 'lab/1' knows", "remove it"),
        (
            one(url=None, place='"l"', kind='"virtual"'),
            "`board[0].place` is 'l', and a board of",
            "remove the place",
        ),
        (
            one(url=None, coordinator='"lab:20408"'),
            "`board[0].coordinator` is 'lab:20408', and the",
            "add `place`",
        ),
        (
            one(url=None, place='"l"', coordinator='"a b"'),
            "`board[0].coordinator` is 'a b'",
            "host or host:port",
        ),
        (one(url=None, place='"\\u0007"'), "`board[0].place` is '\\x07'", "printable"),
        (
            one(url=None, place='"l"') + "\n" + one(name='"b"', url=None, place='"l"'),
            "`board[1].place` is 'l', which 'a' has",
            "its own place",
        ),
    ],
)
def test_a_farm_that_is_wrong(tmp_path: Path, text: str | bytes, cause: str, cure: str) -> None:
    with pytest.raises(FarmError) as error:
        read_farm(written(tmp_path, text))
    assert cause in error.value.cause
    assert cure in error.value.cure


def test_two_names_of_one_port_are_one_port(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    try:
        (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    except OSError:
        pytest.skip("no symbolic links here")
    boards = [one(url=repr(str(tmp_path / "ttyUSB0"))), one(name='"b"', url=repr(str(tmp_path / "by-id")))]
    with pytest.raises(FarmError, match="where 'a' is already"):
        read_farm(written(tmp_path, "\n".join(boards)))


def test_a_tag_that_no_board_has(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(FarmError, match=r"no board with the tag 'psam'") as error:
        read_farm(path, ["psam"])
    assert "did you mean `psram`" in error.value.cure
    with pytest.raises(FarmError, match="its boards have no tags"):
        read_farm(written(tmp_path, one()), ["psram"])


def test_tags_that_no_board_has_together(tmp_path: Path) -> None:
    text = GOOD.replace('tags = ["psram"]', 'tags = ["roof"]')
    with pytest.raises(FarmError, match="all of the tags roof, psram"):
        read_farm(written(tmp_path, text), ["roof", "psram"])


def test_a_farm_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="cannot be read"):
        read_farm(tmp_path / "none.toml")
    with pytest.raises(FarmError, match="cannot be read"):
        read_farm(tmp_path)
