"""platformio.ini's environments for real boards: what they name exists, and both ways to build agree."""

import re
import shlex
from pathlib import Path

import pytest
from platformio.project.config import ProjectConfig  # type: ignore[import-untyped]

from ..board.kinds import qemu
from ..board.kinds.registry import flashable
from ..checkout import ROOT
from ..errors import HilError
from ..link.protocol import BOOT_BAUD
from . import platformio

DEFAULTS = ROOT / "firmware" / "esp32" / "sdkconfig.defaults"
BOARDS = {"esp32dev": "esp32dev", "esp32-s3": "esp32-s3-devkitc-1"}


@pytest.fixture(scope="module")
def config() -> ProjectConfig:
    """As PlatformIO itself reads it, `extends` and comments included."""
    return ProjectConfig(str(ROOT / "platformio.ini"))


def cmake_arguments(config: ProjectConfig, env: str) -> list[str]:
    """Split into words, as PlatformIO's ESP-IDF builder does."""
    return list(shlex.split(config.get(f"env:{env}", "board_build.cmake_extra_args")))


def settings(*files: Path) -> dict[str, str]:
    """The last value of every option in sdkconfig files."""
    lines = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return dict(re.findall(r"^(CONFIG_\w+)=(.*)$", lines, re.MULTILINE))


@pytest.mark.parametrize("env", BOARDS)
def test_the_platform_is_pinned_and_the_board_is_named(config: ProjectConfig, env: str) -> None:
    section = f"env:{env}"
    assert config.get(section, "platform") == "espressif32@6.13.0"
    assert config.get(section, "framework") == ["espidf"]
    assert config.get(section, "board") == BOARDS[env]
    assert int(config.get(section, "monitor_speed")) == BOOT_BAUD
    script = config.get(section, "extra_scripts")[0]
    assert (ROOT / script.removeprefix("pre:")).is_file()


@pytest.mark.parametrize("env", BOARDS)
def test_every_file_that_a_build_needs_is_there(config: ProjectConfig, env: str) -> None:
    assert (ROOT / config.get(f"env:{env}", "board_build.partitions")).is_file()
    (argument,) = cmake_arguments(config, env)
    name, _, value = argument.partition("=")
    assert name == "-DSDKCONFIG_DEFAULTS"
    files = [ROOT / path for path in value.split(";")]
    assert files[0] == DEFAULTS and all(path.is_file() for path in files)
    assert (ROOT / "CMakeLists.txt").is_file(), "PlatformIO would write one of its own"
    assert (Path(config.get("platformio", "src_dir")) / "CMakeLists.txt").is_file()
    assert (ROOT / "firmware" / "hil_core" / "idf_component.yml").is_file()


def test_both_projects_use_the_same_partition_table(config: ProjectConfig) -> None:
    by_hand = settings(DEFAULTS)["CONFIG_PARTITION_TABLE_CUSTOM_FILENAME"].strip('"')
    (argument,) = cmake_arguments(config, "esp32dev")
    files = [ROOT / path for path in argument.partition("=")[2].split(";")]
    by_platformio = settings(*files)["CONFIG_PARTITION_TABLE_CUSTOM_FILENAME"].strip('"')
    table = ROOT / config.get("env:esp32dev", "board_build.partitions")
    assert DEFAULTS.parent / by_hand == ROOT / by_platformio == table


def test_flash_size_and_mode_are_those_of_the_image(config: ProjectConfig) -> None:
    found = settings(DEFAULTS)
    for env in BOARDS:
        assert f"CONFIG_ESPTOOLPY_FLASHSIZE_{config.get(f'env:{env}', 'board_upload.flash_size')}" in found
        assert (
            f"CONFIG_ESPTOOLPY_FLASHMODE_{config.get(f'env:{env}', 'board_build.flash_mode').upper()}"
            in found
        )
    rows = [line.split(",") for line in (DEFAULTS.parent / "partitions.csv").read_text("utf-8").splitlines()]
    ends = [int(row[3], 0) + int(row[4], 0) for row in rows if len(row) == 5 and not row[0].startswith("#")]
    assert ends and max(ends) <= 4 << 20


def test_every_board_that_can_be_flashed_has_an_environment(config: ProjectConfig) -> None:
    assert {kind.environment for kind in flashable().values()} == set(BOARDS) <= set(config.envs())


def test_the_emulator_runs_esp32dev_on_one_core(config: ProjectConfig) -> None:
    section = f"env:{qemu.ENVIRONMENT}"
    for option in ("platform", "framework", "board", "extra_scripts", "board_build.partitions"):
        assert config.get(section, option) == config.get("env:esp32dev", option), option
    (argument,) = cmake_arguments(config, qemu.ENVIRONMENT)
    (as_the_board,) = cmake_arguments(config, "esp32dev")
    assert argument.startswith(as_the_board), "the same options, and one more file"
    extra = settings(*(ROOT / path for path in argument.removeprefix(as_the_board).split(";") if path))
    assert extra == {"CONFIG_FREERTOS_UNICORE": "y"}


@pytest.mark.parametrize("env", [*BOARDS, qemu.ENVIRONMENT])
def test_a_build_looks_whether_its_configuration_stands(config: ProjectConfig, env: str) -> None:
    scripts = config.get(f"env:{env}", "extra_scripts")
    assert [script.partition(":")[0] for script in scripts if "configure" in script] == ["pre", "post"]
    assert all((ROOT / script.partition(":")[2]).is_file() for script in scripts)


def test_the_kernels_are_pinned_to_one_version() -> None:
    manifest = (ROOT / "firmware" / "hil_core" / "idf_component.yml").read_text(encoding="utf-8")
    pinned = dict(re.findall(r'espressif/([\w-]+): "==([\d.]+)"', manifest))
    assert set(pinned) == {"esp-tflite-micro", "esp-nn"}
    assert manifest.count("espressif/") == len(pinned), "each of them exactly"


def test_a_blank_in_the_path_is_said_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platformio, "ROOT", tmp_path / "my boards")
    monkeypatch.setattr(platformio.subprocess, "run", lambda *_, **__: pytest.fail("a build was begun"))
    with pytest.raises(HilError, match="has a blank in it") as caught:
        platformio.platformio_run("esp32dev", tmp_path)
    assert "without blanks" in caught.value.cure
