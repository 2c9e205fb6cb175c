"""Finding the emulator, making its flash image, telling slow from hanging; the emulator itself is not needed."""

import contextlib
import json
import queue
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ...errors import HilError
from .. import emulator
from ..choice import BoardChoice
from ..emulator import EmulatedTime, Monitor, find_emulator
from ..interface import BoardFacts, Known
from . import qemu
from .qemu import FLASH_BYTES, KIND, QemuBoard, flash_parts, merge_flash

ESP32 = "esp32                Espressif ESP32 machine"
# As much of QEMU as is used: two lists, a TCP port, and a monitor whose cycle counter goes on by a step at each look.
FAKE = """#!{python}
import json, socket, sys
words = sys.argv[1:]
if "--version" in words:
    print("QEMU emulator version 9.2.2 (esp_develop_9.2.2)")
elif "help" in words:
    print('''Supported machines are:\n{machines}''')
else:
    port = int(words[words.index("-serial") + 1].split(":")[2].split(",")[0])
    line = socket.create_server(("127.0.0.1", port)).accept()[0]
    print('{{"QMP": {{}}}}', "a device's own words", sep="\\n", flush=True)
    count = 0xFFFFFF00
    for request in map(json.loads, sys.stdin):
        count = (count + {step}) % 2**32
        registers = f"CPU#0\\nPC=400d1234\\n CCOUNT={{count:08x}} PRID=0000cdcd"
        answer = registers if "arguments" in request else {{}}
        print(json.dumps({{"return": answer, "id": request["id"]}}), flush=True)
"""


def _fake_qemu(path: Path, machines: str, step: int = 0) -> Path:
    path.write_text(FAKE.format(python=sys.executable, machines=machines, step=step))
    path.chmod(0o755)
    return path


def test_a_qemu_without_the_machine_is_no_qemu(tmp_path: Path) -> None:
    other = _fake_qemu(tmp_path / "qemu-system-xtensa", "lx60    lx60 EVB (dc232b)")
    with pytest.raises(HilError, match="esp32 machine"):
        find_emulator(str(other))


def test_espressifs_qemu_is_found_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = _fake_qemu(tmp_path / "qemu-system-xtensa", ESP32)
    assert find_emulator(str(fake)).path == fake
    assert find_emulator(str(fake)).name == "QEMU 9.2.2"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_emulator().path == fake


def test_espressifs_tools_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tools" / "qemu-xtensa" / "esp_develop_9.2.2" / "qemu" / "bin"
    folder.mkdir(parents=True)
    fake = _fake_qemu(folder / "qemu-system-xtensa", ESP32)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("IDF_TOOLS_PATH", str(tmp_path))
    assert find_emulator().path == fake


def test_no_qemu_names_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="no QEMU") as caught:
        find_emulator(str(tmp_path / "missing"))
    assert "--qemu" in caught.value.cure


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Callable[[int], tuple[QemuBoard, list[str]]]]:
    """Starts an emulator whose counter goes on by so many cycles at a look; with it, what the user is told."""
    with contextlib.ExitStack() as stack:

        def start(step: int) -> tuple[QemuBoard, list[str]]:
            said: list[str] = []
            fake = _fake_qemu(tmp_path / "qemu-system-xtensa", ESP32, step)
            image = tmp_path / "flash.bin"
            image.write_bytes(b"\xff" * 0x1000 + b"\xe9")
            board = stack.enter_context(
                contextlib.closing(QemuBoard(image, find_emulator(str(fake)), said.append))
            )
            board.open()
            return board, said

        yield start


def test_the_line_of_an_emulator_that_was_started_here_is_exact(
    boot: Callable[[int], tuple[QemuBoard, list[str]]],
) -> None:
    board, _ = boot(1)
    assert isinstance(board, Known) and board.facts == BoardFacts(exact_line=True)
    port = BoardChoice("qemu", port="socket://localhost:5555")  # what lies between is not known
    assert not isinstance(KIND.make(port, Path()), Known)


def test_a_slow_emulator_is_waited_for_and_that_is_told(
    boot: Callable[[int], tuple[QemuBoard, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "TOLD_S", 0.0)
    board, said = boot(240_000)  # a millisecond a look
    assert all(board.still_boots() for _ in range(5))
    assert "QEMU 9.2.2: 0.00 s of emulated time" in said[-1]
    assert "QEMU 9.2.2" in board.description


def test_a_firmware_that_hangs_is_told_by_the_emulated_clock(
    boot: Callable[[int], tuple[QemuBoard, list[str]]],
) -> None:
    board, _ = boot(10 * 240_000_000)
    assert board.still_boots() and board.still_boots() and board.still_boots()
    with pytest.raises(HilError, match=r"hangs: it has not answered in 30\.0 s of emulated time.*0x400d1234"):
        board.still_boots()


def test_a_clock_that_stands_still_is_a_hang_too(
    boot: Callable[[int], tuple[QemuBoard, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "STILL_S", 0.2)
    board, _ = boot(0)
    assert board.still_boots()
    with pytest.raises(HilError, match="stands still"):
        while board.still_boots():
            pass


def test_an_emulator_that_ended_is_no_slow_one(
    boot: Callable[[int], tuple[QemuBoard, list[str]]],
) -> None:
    board, _ = boot(1)
    assert board._process is not None
    board._process.kill()
    board._process.wait()
    with pytest.raises(HilError, match="ended by itself"):
        board.still_boots()


def test_an_emulator_that_does_not_tell_its_clock_is_given_some_time(
    boot: Callable[[int], tuple[QemuBoard, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not EmulatedTime(lambda: "").look()
    assert not EmulatedTime(lambda: "unknown command").look()
    monkeypatch.setattr(EmulatedTime, "look", lambda _: False)
    board, _ = boot(0)
    assert board.still_boots()
    monkeypatch.setattr(qemu, "BLIND_S", 0.0)
    assert not board.still_boots()


def test_a_late_answer_is_not_taken_for_the_next() -> None:
    """A loaded computer's monitor answers the first question after the second was asked."""
    written: list[bytes] = []
    answers: queue.Queue[bytes] = queue.Queue()

    class Pipe:
        def write(self, data: bytes) -> None:
            written.append(data)
            if len(written) == 3:
                for number in (1, 2, 3):
                    answers.put(json.dumps({"return": f"answer {number}", "id": number}).encode())

        def flush(self) -> None:
            """Written already."""

    monitor = Monitor(cast(Any, Pipe()), iter(answers.get, b""))
    emulator.ANSWER_S, before = 0.1, emulator.ANSWER_S
    try:
        assert monitor.registers() == ""
        assert monitor.registers() == "answer 3"
    finally:
        emulator.ANSWER_S = before


PLATFORMIO = {0x1000: "bootloader.bin", 0x8000: "partitions.bin", 0x10000: "firmware.bin"}
IDF = {
    0x1000: "bootloader/bootloader.bin",
    0x8000: "partition_table/partition-table.bin",
    0x10000: "hil_firmware.bin",
}


@pytest.mark.parametrize(("names", "listed"), [(IDF, True), (PLATFORMIO, False)])
def test_the_image_has_everything_in_its_place(tmp_path: Path, names: dict[int, str], listed: bool) -> None:
    for offset, name in names.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\xe9" + name.encode() + bytes([offset >> 12]))
    if listed:
        lines = [f"{hex(offset)} {name}" for offset, name in names.items()]
        (tmp_path / "flash_args").write_text("--flash_mode dio --flash_freq 40m\n" + "\n".join(lines) + "\n")
    image = tmp_path / "flash.bin"
    merge_flash(tmp_path, image)
    data = image.read_bytes()
    assert len(data) == FLASH_BYTES
    for offset, name in names.items():
        assert data[offset:].startswith(b"\xe9" + name.encode() + bytes([offset >> 12]))
    assert data[:0x1000] == b"\xff" * 0x1000


def test_an_incomplete_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="no complete ESP32 build") as caught:
        flash_parts(tmp_path)
    assert "pio run -e esp32-qemu" in caught.value.cure


def test_a_merged_image_is_taken_as_it_is_and_others_are_refused(tmp_path: Path) -> None:
    merged, image = tmp_path / "merged.bin", tmp_path / "flash.bin"
    merged.write_bytes(b"\xff" * 0x1000 + b"\xe9bootloader")
    merge_flash(merged, image)
    assert image.read_bytes() == merged.read_bytes().ljust(FLASH_BYTES, b"\xff")
    merged.write_bytes(b"\xe9 an application by itself")
    with pytest.raises(HilError, match="no merged image"):
        merge_flash(merged, image)
    merged.write_bytes(bytes(FLASH_BYTES + 1))
    with pytest.raises(HilError, match="does not fit"):
        merge_flash(merged, image)


def test_platformios_files_win_over_the_listing_that_cmake_leaves_beside_them(tmp_path: Path) -> None:
    """As a real `pio run -e esp32dev` leaves its folder: the listing names files that are never made."""
    for name in (*PLATFORMIO.values(), "firmware.elf", "firmware.map", "sdkconfig.h", "CMakeCache.txt"):
        (tmp_path / name).write_bytes(name.encode())
    lines = "".join(f"{hex(offset)} {name}\n" for offset, name in IDF.items())
    (tmp_path / "flash_args").write_text(f"--flash_mode dio --flash_freq 40m --flash_size 4MB\n{lines}")
    assert flash_parts(tmp_path) == [(offset, tmp_path / name) for offset, name in PLATFORMIO.items()]
