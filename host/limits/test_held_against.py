"""Limits on a run that goes: asked before a board is known, and again at the end."""

import hashlib
from pathlib import Path

from ..comparison import events as e
from ..comparison.claims.finding import Status
from ..link import messages as m
from .conftest import Compare, MakeRun
from .figures import figures_of
from .held_against import Attached
from .image_size import image_size
from .limit import read_limits


def test_the_run_before_is_looked_for_once_the_board_is_known(
    compared: Compare, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(compared())
    info, run.info = run.info, m.Info()
    asked: list[str] = []

    def before(_run: object) -> dict[str, float]:
        asked.append(run.info.board)
        return figures_of(run)

    attached = Attached(read_limits({"regression": "5%"}, "--limit"), {}, tmp_path, before)
    attached(e.RunStarted(run))
    status = [run.claims[-1].status]
    assert not asked
    run.info = info
    status += [run.claims[-1].status, run.claims[-1].status]
    assert status == [Status.NOT_EXAMINED, Status.HELD, Status.HELD]
    assert asked == [info.board]


def test_figures_follow_the_run(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(compared("a.wav"))
    attached = Attached({}, {}, tmp_path)
    attached(e.RunStarted(run))
    once = attached.figures(run)["windows"]
    run.add(compared("b.wav"))
    assert attached.figures(run)["windows"] == 2 * once


def test_the_image_is_that_of_the_firmware_in_use(tmp_path: Path) -> None:
    for name, content in (("other", b"other"), ("esp32dev", b"elf")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "firmware.elf").write_bytes(content)
        (tmp_path / name / "firmware.bin").write_bytes(content * 100)
    told = hashlib.sha256(b"elf").hexdigest()
    assert image_size(tmp_path, told) == image_size(tmp_path, told[:9].upper()) == 300
    assert image_size(tmp_path, "0" * 64) is None and image_size(tmp_path, "") is None
