"""Training takes one thread unless told otherwise: with another number sums are rounded otherwise, and bytes differ."""

import subprocess
import sys

import pytest

from ..cli import build_parser

COMMANDS = {
    "train": ["--out", "a"],
    "qat": ["--run", "a", "--bundle", "b"],
    "convert": ["--run", "a", "--bundle", "b"],
    "compare": [],
    "pipeline": ["a.json"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_one_thread_is_the_default_of_each_command_that_trains(command: str) -> None:
    words = [command, *COMMANDS[command]]
    assert build_parser(command).parse_args(words).threads == 1
    assert build_parser(command).parse_args([*words, "--threads", "3"]).threads == 3


@pytest.mark.slow
@pytest.mark.parametrize(("call", "threads"), [("tensorflow()", 1), ("tensorflow(3)", 3)])
def test_tensorflow_takes_as_many(call: str, threads: int) -> None:
    code = (
        "from host.making.training.tensorflow_loading import tensorflow; "
        f"print({call}.config.threading.get_intra_op_parallelism_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(threads)]
