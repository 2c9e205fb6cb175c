"""`flash` with everything outside replaced: ports, PlatformIO and the board."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ..board.discovery import FoundPort
from ..board.upload import UploadFailedError
from ..bundle.load import Bundle, load_bundle
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..errors import HilError
from ..link import messages as m
from ..model.samples import sample_values

BRIDGE = FoundPort("/dev/ttyUSB0", "Silicon Labs CP210x", "10C4:EA60", "0001", "")
PORT = ("--port", "/dev/ttyUSB0")
NATIVE = FoundPort("/dev/ttyACM0", "Espressif USB Serial/JTAG", "303A:1001", "AA:BB", "")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


def info_of(bundle: Bundle, **other: Any) -> m.Info:
    """A board that runs `bundle`."""
    known = m.Info(
        protocol=m.PROTOCOL_VERSION,
        board=other.pop("board", "esp32"),
        chip="esp32 r3.1 x2",
        firmware_version="0.1.0",
        model_hash=bundle.model_hash,
        frontend_hash=bundle.frontend_hash,
        settings_hash=bundle.settings_hash,
        bundle_name=bundle.name.encode(),
        capabilities=m.Capability.DETECTORS,  # which the default bundle's needs
    )
    return replace(known, **other)


@dataclass
class World:
    """What the command finds, and what it did."""

    ports: list[FoundPort]
    before: m.Info | None
    after: m.Info
    failure: HilError | None = None
    image: bytes = b"firmware"
    built: list[str] = field(default_factory=list)
    uploaded: list[tuple[str, str]] = field(default_factory=list)
    kernels: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    deployed: list[bytes] = field(default_factory=list)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: Bundle) -> World:
    """One board that runs the bundle after an upload, and nothing before."""
    it = World([BRIDGE], None, info_of(bundle))

    def build(env: str, _bundle: Path, *, kernels: str) -> Path:
        it.built.append(env)
        it.kernels.append(kernels)
        product = tmp_path / ".pio" / "build" / env / "firmware.bin"
        product.parent.mkdir(parents=True, exist_ok=True)
        product.write_bytes(it.image + kernels.encode())
        return product

    def upload(env: str, _build_dir: Path, _bundle: Path, port: str, kernels: str) -> None:
        if it.failure is not None:
            raise it.failure
        it.uploaded.append((env, port))
        it.told = it.told or {"kernels": kernels or "esp-nn"}
        assert kernels == it.kernels[-1], "what is uploaded is built once more, for the same kernels"
        it.before = it.after

    class Board:
        def deploy(self, image: bytes) -> None:
            it.deployed.append(image)
            kinds = m.Capability.DETECTORS
            it.after = replace(it.after, bundle_source=0, model_hash=bundle.model_hash, capabilities=kinds)

        def info(self) -> m.Info:
            return it.after

        def build(self) -> dict[str, str]:
            return it.told

        def close(self) -> None:
            pass

    monkeypatch.setattr("host.board.choosing.list_ports", lambda: it.ports)
    monkeypatch.setattr("host.board.flashing.probe", lambda _url: it.before)
    monkeypatch.setattr("host.board.flashing.build_firmware", build)
    monkeypatch.setattr("host.board.flashing.upload", upload)
    monkeypatch.setattr("host.board.flashing.connect", lambda _board, _choice: (Board(), it.after))
    monkeypatch.setattr("host.board.flashing.ROOT", tmp_path)
    monkeypatch.setattr("host.board.flashing.REBOOT_S", 0.0)
    return it


def test_a_blank_board_is_flashed_and_then_left_alone(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flash", *PORT]) == 0
    assert world.uploaded == [("esp32dev", "/dev/ttyUSB0")]
    assert "runs it: esp32" in capsys.readouterr().out
    assert main(["flash", *PORT]) == 0
    assert len(world.uploaded) == 1 and "runs it already" in capsys.readouterr().out


def test_other_sources_or_force_flash_again(world: World) -> None:
    assert main(["flash", *PORT]) == 0
    world.image = b"another firmware with the same bundle"
    assert main(["flash", *PORT]) == 0
    assert len(world.uploaded) == 2
    assert main(["flash", *PORT, "--force"]) == 0
    assert len(world.uploaded) == 3


def test_a_board_flashed_elsewhere_needs_no_build(world: World) -> None:
    world.before = world.after
    assert main(["flash", *PORT]) == 0
    assert world.built == [] and world.uploaded == []


def test_another_bundle_on_the_board_is_replaced(world: World) -> None:
    world.before = replace(world.after, frontend_hash=bytes(32))
    assert main(["flash", *PORT]) == 0
    assert len(world.uploaded) == 1


def test_an_upload_that_was_broken_off_is_done_again(world: World) -> None:
    assert main(["flash", *PORT]) == 0
    world.image = b"newer"
    world.failure = UploadFailedError("the line broke", "a better cable")
    assert main(["flash", *PORT]) == 2
    world.failure, world.image = None, b"firmware"
    assert main(["flash", *PORT]) == 0
    assert len(world.uploaded) == 2


@pytest.mark.parametrize(
    ("port", "running", "arguments", "env"),
    [
        (BRIDGE, None, [], "esp32dev"),
        (NATIVE, None, [], "esp32-s3"),
        (BRIDGE, "esp32s3", [], "esp32-s3"),
        (BRIDGE, None, ["--board", "esp32s3"], "esp32-s3"),
        (NATIVE, None, ["--board", "esp32"], "esp32dev"),
    ],
)
def test_which_firmware_is_built(
    world: World, port: FoundPort, running: str | None, arguments: list[str], env: str
) -> None:
    world.ports = [port]
    if running:
        world.before = replace(world.after, board=running, model_hash=bytes(32))
    assert main(["flash", "--port", port.device, *arguments]) == 0
    assert world.uploaded == [(env, port.device)]


def test_the_model_slot_does_not_outlive_the_upload(world: World) -> None:
    world.after = replace(world.after, bundle_source=1, model_hash=bytes(32))
    assert main(["flash", *PORT]) == 0
    assert world.deployed == [b""]


def test_a_bundle_that_was_set_aside_does_not_outlive_the_upload(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.after = replace(world.after, capabilities=m.Capability.SET_ASIDE | m.Capability.DETECTORS)
    assert main(["flash", *PORT]) == 0
    assert world.deployed == [b""] and "set aside" not in capsys.readouterr().out


def test_a_board_that_still_runs_something_else_fails(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.after = replace(world.after, model_hash=bytes(range(32)))
    assert main(["flash", *PORT]) == 2
    assert "another model" in capsys.readouterr().err


def test_several_boards_want_a_name(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.ports = [BRIDGE, NATIVE]
    monkeypatch.setattr("host.board.attached.probe", lambda _url: world.after)
    assert main(["flash"]) == 2
    assert "--port /dev/ttyUSB0" in capsys.readouterr().err and world.uploaded == []
    assert main(["flash", "--port", "/dev/ttyACM0"]) == 0
    assert world.uploaded == [("esp32-s3", "/dev/ttyACM0")]


def test_the_one_board_that_answers_is_flashed_and_a_silent_one_wants_its_name(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An adapter alone is anybody's board."""
    monkeypatch.setattr("host.board.attached.probe", lambda _url: None)
    assert main(["flash", "--baud", "115200"]) == 2
    said = capsys.readouterr().err
    assert "flash --port /dev/ttyUSB0 --baud 115200`" in said and "no firmware of this project" in said
    assert world.uploaded == []
    world.ports = [BRIDGE, NATIVE]
    there = replace(world.after, model_hash=bytes(32))
    world.before = there
    monkeypatch.setattr("host.board.attached.probe", lambda url: there if url == BRIDGE.device else None)
    assert main(["flash"]) == 0
    assert world.uploaded == [("esp32dev", BRIDGE.device)]


def test_a_model_that_would_crash_the_board_at_every_boot_is_not_flashed(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grouped = write_bundle(tmp_path / "grouped", sample_values("grouped"))
    flash = ["flash", *PORT, "--bundle", str(grouped.path)]
    assert main(flash) == 2
    err = capsys.readouterr().err
    assert "CONV_2D" in err and "crashes the board on an esp32" in err and "--force" in err
    assert world.built == [] and world.uploaded == []
    world.after = info_of(grouped)
    assert main([*flash, "--force"]) == 0
    assert "flashed all the same" in capsys.readouterr().err and len(world.uploaded) == 1


def test_a_model_whose_values_depart_is_flashed_with_a_warning(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fullyconv = write_bundle(tmp_path / "fullyconv", sample_values("fullyconv"))
    world.after = info_of(fullyconv)
    assert main(["flash", *PORT, "--bundle", str(fullyconv.path)]) == 0
    err = capsys.readouterr().err
    assert "warning: op" in err and "SOFTMAX on [1, 1, 1, 5] gives wrong values on an esp32" in err
    assert main(["flash", *PORT]) in (0, 2)
    assert "warning" not in capsys.readouterr().err, "the default bundle meets none"


@pytest.mark.parametrize("kernels", ["esp-nn", "esp-nn-ansi", "reference"])
def test_kernels_are_built_and_the_board_has_to_name_them(
    world: World, kernels: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flash", *PORT, "--kernels", kernels]) == 0
    assert world.kernels == [kernels] and world.uploaded == [("esp32dev", "/dev/ttyUSB0")]
    for told in ({"kernels": "esp-nn-ansi" if kernels == "esp-nn" else "esp-nn"}, {}):
        world.told, world.image = told or {"idf": "5.5.3"}, b"newer" + bytes(len(told))
        capsys.readouterr()
        assert main(["flash", *PORT, "--kernels", kernels]) == 2
        said = capsys.readouterr().err
        assert f"was to run the kernels {kernels}" in said
        assert told.get("kernels", "nothing of its kernels") in said


def test_other_kernels_are_another_firmware_and_the_same_are_left_alone(world: World) -> None:
    assert main(["flash", *PORT, "--kernels", "reference"]) == 0
    assert main(["flash", *PORT, "--kernels", "reference"]) == 0
    assert len(world.uploaded) == 1
    world.told = {}
    assert main(["flash", *PORT]) == 0
    assert len(world.uploaded) == 2 and world.kernels == ["reference", "reference", ""]


def test_a_board_flashed_elsewhere_is_built_for_when_kernels_are_named(world: World) -> None:
    """Its hashes say nothing of its kernels."""
    world.before = world.after
    assert main(["flash", *PORT, "--kernels", "reference"]) == 0
    assert world.kernels == ["reference"] and len(world.uploaded) == 1


def test_kernels_that_do_not_crash_on_a_model_need_no_force(world: World, tmp_path: Path) -> None:
    grouped = write_bundle(tmp_path / "grouped", sample_values("grouped"))
    world.after = info_of(grouped)
    flash = ["flash", *PORT, "--bundle", str(grouped.path), "--kernels"]
    assert main([*flash, "esp-nn-ansi"]) == 2, "the wrappers are those of ESP-NN"
    assert main([*flash, "reference"]) == 0


def test_kernels_of_a_firmware_that_is_built_already_cannot_be_chosen(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "build.zip"
    assert main(["flash", *PORT, "--image", str(image), "--kernels", "reference"]) == 2
    said = capsys.readouterr().err
    assert "--kernels reference" in said and "is built already" in said and world.uploaded == []
