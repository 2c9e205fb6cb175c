"""Every number on every command line has bounds, and what lies outside ends with code 2 and the option's name."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .board.options import BOARD_OPTIONS
from .cli import COMMANDS, build_parser, main
from .given import Number, Whole
from .line.port import PortError, open_port

NEVER = (
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "1e400",
    "9" * 400,
    "0." + "1" * 400,
    "x",
    "",
    " ",
    "0x10",
    "1_0",
    "１",
    "\x1b[31m",
)


PARSERS = {command: build_parser(command) for command in COMMANDS}


def options_of(command: str) -> Iterator[argparse.Action]:
    (commands,) = (each for each in PARSERS[command]._actions if isinstance(each, argparse._SubParsersAction))
    yield from commands.choices[command]._actions


NUMERIC = [
    (command, action.option_strings[-1], action.type)
    for command in COMMANDS
    for action in options_of(command)
    if isinstance(action.type, Whole | Number)
]


def test_no_option_reads_a_number_in_another_way() -> None:
    """Neither by `int` or `float`, nor by a default whose option takes any text."""
    for command in COMMANDS:
        for action in options_of(command):
            assert action.type not in (int, float, complex), (command, action.dest)
            if isinstance(action.default, int | float) and not isinstance(action.default, bool):
                assert isinstance(action.type, Whole | Number), (command, action.dest)
                times = action.type.times if isinstance(action.type, Number) else 1
                assert action.type.low <= action.default / times <= action.type.high, (command, action.dest)
    assert {command for command, _, _ in NUMERIC} >= {
        "run",
        "download",
        "import",
        "train",
        "split",
        "corpus",
        "board",
    }
    assert len(NUMERIC) > 40


@pytest.mark.parametrize(("command", "option", "kind"), NUMERIC, ids=[f"{c}{o}" for c, o, _ in NUMERIC])
def test_what_is_no_number_or_out_of_bounds_is_refused(
    command: str, option: str, kind: Whole | Number, capsys: pytest.CaptureFixture[str]
) -> None:
    step = 1 if isinstance(kind, Whole) else 1.0
    outside = [
        kind.high + step,
        kind.low - step,
        *([kind.low] if isinstance(kind, Number) and kind.above else []),
    ]
    parser = PARSERS[command]
    for text in (*NEVER, *map(str, outside)):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args([command, f"{option}={text}"])
        told = capsys.readouterr().err
        assert ended.value.code == 2 and re.search(rf"argument (-\w/)?{option}:", told), (text[:20], told)
        assert "\x1b" not in told and len(told.splitlines()[-1]) < 300


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["download", "q:A", "--out", "x", "--interval", "nan"],
            "--interval: 'nan' is not a number from 0 to 3600",
        ),
        (["monitor", "--seconds", "0"], "--seconds: '0' is not a number above 0 and up to"),
        (["monitor", "--seconds", "1e400"], "--seconds: '1e400' is not a number"),
        (["board", "--tcp-port", "70000"], "--tcp-port: '70000' is not a whole number from 0 to 65535"),
        (["board", "--damage", "2"], "--damage: '2' is not a number from 0 to 1"),
        (
            ["board", "--microphone-speed", "0"],
            "--microphone-speed: '0' is not a whole number from 1 to 1000",
        ),
        (["hil", "x.wav", "--baud", "-1"], "--baud: '-1' is not a whole number from 0 to"),
        (["hil", "x.wav", "--seed", "x"], "--seed: 'x' is not a whole number"),
        (["hil", "x.wav", "--longest", "-3"], "--longest: '-3' is not a number above 0"),
    ],
)
def test_a_command_ends_with_2_and_names_the_option(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and told in capsys.readouterr().err


@given(st.text(max_size=30) | st.floats().map(str) | st.integers().map(str))
def test_any_text_is_a_number_in_bounds_or_refused(text: str) -> None:
    for kind in (Whole(-5, 1000), Number(-5.0, 1000.0), Number(0.0, 1e9, above=True, times=3600.0)):
        try:
            value = kind(text)
        except argparse.ArgumentTypeError as error:
            assert len(str(error)) < 300
        else:
            assert math.isfinite(value) and float(text) == pytest.approx(value / getattr(kind, "times", 1.0))


def test_the_tests_of_a_board_take_the_same_options() -> None:
    for name, settings in BOARD_OPTIONS:
        assert settings.get("type") not in (int, float), name


@pytest.mark.parametrize(
    "url",
    ["socket://[::1", "socket://h:x", "socket://", "hwgrep://[", "hwgrep://x&n=y", "rfc2217://[::1", "spy://", "loop://?x=1",
     "alt://x?class=y", "nonsense://x", "\x00", "a\x00b", "socket://" + "h" * 100_000 + ":1", "cp2110://"],
)  # fmt: skip
def test_a_port_that_is_none_is_told_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PortError):
        open_port(url)
    assert main(["monitor", "--port", url, "--seconds", "1"]) == 2
    told = capsys.readouterr().err
    assert "error: " in told and "\n  → " in told and "internal" not in told
