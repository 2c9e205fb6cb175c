"""`flash --image` with real esptool against a mock of the ROM, over a pseudo-terminal, on good lines and bad ones."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from esp32_mock_bootloader import mock_bootloader  # type: ignore[import-untyped]

from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from .boot_line import BootLine, Trouble
from .crafted_image import build, listing, merged, write_folder
from .esptool_upload import upload_image
from .flash_image import FlashImage, read_flash_image
from .kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions, virtual_program
from .upload import UploadFailedError

pytestmark = [
    pytest.mark.skipif(not PSEUDO_TERMINALS, reason="Windows has no pseudo-terminals"),
    pytest.mark.slow,
    pytest.mark.timeout(180),
]


@contextlib.contextmanager
def _rom(chip: str) -> Iterator[int]:
    with mock_bootloader(chip=chip) as mock:
        yield mock.port()


@pytest.fixture(scope="module")
def rom() -> Iterator[int]:
    """An ESP32's ROM; its TCP port."""
    with _rom("esp32") as port:
        yield port


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="module")
def image(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> FlashImage:
    """A merged one with the default bundle's model in it."""
    path = tmp_path_factory.mktemp("image") / "merged.bin"
    path.write_bytes(merged(build(content=bundle.model_bytes)))
    return read_flash_image(path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No waiting for boards that are none, and no memory of uploads in the checkout."""
    monkeypatch.setattr("host.board.flashing.REBOOT_S", 0.0)
    monkeypatch.setattr("host.board.device.BOOT_S", 2.0)
    monkeypatch.setattr("host.board.flashing.ROOT", tmp_path)


@contextlib.contextmanager
def _board(bundle: Path) -> Iterator[int]:
    """A virtual board behind TCP; its port."""
    with contextlib.closing(VirtualBoard(virtual_program(bundle), VirtualOptions(tcp=True))) as board:
        yield int(board.start().rpartition(":")[2])


def _flash(image: Path, port: str, *more: str) -> int:
    return main(["flash", "--image", str(image), "--port", port, *more])


@pytest.mark.usefixtures("quick")
def test_a_firmware_is_written_verified_and_then_asked_who_it_is(
    rom: int, image: FlashImage, capsys: pytest.CaptureFixture[str]
) -> None:
    with _board(DEFAULT_BUNDLE) as board, BootLine(rom, board) as line:
        assert _flash(image.path, line.path) == 0
    captured = capsys.readouterr()
    assert "Uploaded and verified" in captured.err and "runs it: virtual" in captured.out
    assert line.rates == [460_800] and 0x13 in line.commands, "the rate was changed and the MD5 asked for"


def test_a_folder_is_written_part_by_part_at_the_rate_asked_for(rom: int, tmp_path: Path) -> None:
    files = build(seed=7)
    folder = read_flash_image(write_folder(tmp_path, files, listing(files)))
    progress: list[tuple[int, int]] = []
    with BootLine(rom) as line:
        upload_image(folder, line.path, 115_200, lambda done, total: progress.append((done, total)))
    assert line.rates == [] and line.commands.count(0x13) >= 3
    assert progress == sorted(progress) and progress[-1] == (folder.size, folder.size)
    assert len({done for done, _ in progress}) >= 3


def test_a_slow_line_only_takes_longer(rom: int, image: FlashImage) -> None:
    with BootLine(rom, trouble=Trouble(delay_s=0.02)) as line:
        upload_image(image, line.path, None)


def test_another_chip_is_told_by_name(image: FlashImage) -> None:
    with _rom("esp32s3") as port, BootLine(port) as line, pytest.raises(UploadFailedError) as caught:
        upload_image(image, line.path, None)
    assert "is an ESP32-S3, and the firmware was built for ESP32" in caught.value.cause
    assert "--board esp32s3" in caught.value.cure


@pytest.mark.parametrize("after", [6000, 30_000])
def test_a_line_that_stops_in_the_midst_is_told(rom: int, image: FlashImage, after: int) -> None:
    with (
        BootLine(rom, trouble=Trouble(stops_after=after)) as line,
        pytest.raises(UploadFailedError) as caught,
    ):
        upload_image(image, line.path, None, silence_s=4.0)
    assert "line" in caught.value.cause.splitlines()[0] and "cable" in caught.value.cure


def test_a_line_on_which_nothing_answers_is_told(rom: int, image: FlashImage) -> None:
    with BootLine(rom, trouble=Trouble(stops_after=0)) as line, pytest.raises(UploadFailedError) as caught:
        upload_image(image, line.path, None)
    assert "no chip answered" in caught.value.cause and "BOOT" in caught.value.cure


def test_a_checksum_that_differs_fails_the_upload(rom: int, image: FlashImage) -> None:
    with BootLine(rom, trouble=Trouble(wrong_md5=True)) as line, pytest.raises(UploadFailedError) as caught:
        upload_image(image, line.path, None)
    assert "damaged data" in caught.value.cause and "MD5" in caught.value.cause


def test_a_port_that_another_program_holds_is_told(rom: int, image: FlashImage) -> None:
    with (
        BootLine(rom) as line,
        serial.Serial(line.path, exclusive=True),
        pytest.raises(UploadFailedError) as caught,
    ):
        upload_image(image, line.path, None)
    assert "in use by another program" in caught.value.cause


@pytest.mark.usefixtures("quick")
def test_a_board_that_does_not_come_up_afterwards_is_told(
    rom: int, image: FlashImage, capsys: pytest.CaptureFixture[str]
) -> None:
    with BootLine(rom) as line:
        assert _flash(image.path, line.path) == 2
    assert "the upload went well, but the new firmware does not answer" in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
def test_a_board_that_runs_something_else_afterwards_is_told(
    rom: int, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The image holds another model than the board says that it runs."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.tflite", "bundle.json"):
        (other / name).write_bytes((DEFAULT_BUNDLE / name).read_bytes())
    text = (other / "bundle.json").read_text(encoding="utf-8")
    (other / "bundle.json").write_text(
        text.replace(f'"stride": {bundle.stride}', f'"stride": {bundle.stride + 1}')
    )
    path = tmp_path / "merged.bin"
    path.write_bytes(merged(build(content=bundle.model_bytes)))
    with _board(DEFAULT_BUNDLE) as board, BootLine(rom, board) as line:
        assert _flash(path, line.path, "--bundle", str(other)) == 2
    assert "another window, thresholds or labels" in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
def test_a_firmware_of_another_bundle_only_has_to_answer(
    rom: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "merged.bin"
    path.write_bytes(merged(build(content=b"another model")))
    with _board(DEFAULT_BUNDLE) as board, BootLine(rom, board) as line:
        assert _flash(path, line.path) == 0
    captured = capsys.readouterr()
    assert "built for another bundle" in captured.err and "The board at" in captured.out


def test_what_cannot_be_flashed_is_not_sent(
    image: FlashImage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _flash(image.path, "/dev/ttyNONE", "--board", "esp32s3") == 2
    assert "is a firmware for the esp32, and --board says esp32s3" in capsys.readouterr().err
    assert _flash(image.path, "socket://127.0.0.1:9") == 2
    assert "rfc2217" in capsys.readouterr().err
    assert _flash(tmp_path, "/dev/ttyNONE") == 2
    assert "flasher_args.json" in capsys.readouterr().err
    assert _flash(image.path, "/dev/ttyNONE") == 2
    assert "there is no port /dev/ttyNONE" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        _flash(image.path, "/dev/ttyNONE", "--upload-baud", "-1")
    assert "argument --upload-baud: '-1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import time; print('hello', flush=True); time.sleep(60)", "said nothing for 1 s"),
        ("print('all well')", "verified 0 of 1 parts"),
        ("raise SystemExit(3)", "ended with code 3"),
    ],
)
def test_an_esptool_of_another_kind_is_not_believed(image: FlashImage, program: str, said: str) -> None:
    with pytest.raises(UploadFailedError, match=said):
        upload_image(image, "/dev/ttyNONE", None, silence_s=1.0, program=[sys.executable, "-c", program])
