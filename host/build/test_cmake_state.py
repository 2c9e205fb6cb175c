"""What makes an ESP32 build configure again. The folder is laid out as a checkout after `pio run -e esp32dev`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..checkout import ROOT
from .cmake_state import CACHE, DECIDING, LISTED, forget_when_stale, remember, stale_options

MANAGED = "managed_components/espressif__esp-nn/idf_component.yml"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that decide, and those that the component manager fetches."""
    for pattern in (*DECIDING, *LISTED):
        for path in ROOT.glob(pattern):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    for name in (MANAGED, "dependencies.lock"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("version: 1.2.3\n")
    build = tmp_path / ".pio" / "build" / "esp32dev"
    build.mkdir(parents=True)
    (build / CACHE).write_text("# CMake's\n")
    remember(tmp_path, build)
    return tmp_path


def build_dir(checkout: Path) -> Path:
    return checkout / ".pio" / "build" / "esp32dev"


def test_what_stands_is_left_alone(checkout: Path) -> None:
    source = checkout / "firmware" / "core" / "link" / "crc32.c"
    source.write_text(source.read_text("utf-8") + "/* changed: the compiler's business */\n")
    assert forget_when_stale(checkout, build_dir(checkout)) == []
    assert (build_dir(checkout) / CACHE).is_file()


def _new_source(checkout: Path) -> str:
    (checkout / "firmware" / "core" / "link" / "another.c").write_text("int another;\n")
    return "firmware/core/link/another.c is new"


def _lost_source(checkout: Path) -> str:
    (checkout / "firmware" / "hil_core" / "emulated.c").unlink()
    return "firmware/hil_core/emulated.c is gone"


def _no_components(checkout: Path) -> str:
    shutil.rmtree(checkout / "managed_components")
    return f"{MANAGED} is gone"


def _no_lock(checkout: Path) -> str:
    (checkout / "dependencies.lock").unlink()
    return "dependencies.lock is gone"


def _other_version(checkout: Path) -> str:
    manifest = checkout / "firmware" / "hil_core" / "idf_component.yml"
    manifest.write_text(manifest.read_text("utf-8").replace("1.2.3", "1.2.6"))
    return "firmware/hil_core/idf_component.yml changed"


def _other_set(checkout: Path) -> str:
    project = checkout / "CMakeLists.txt"
    project.write_text(project.read_text("utf-8").replace("esptool_py", "esptool_py esp_wifi"))
    return "CMakeLists.txt changed"


@pytest.mark.parametrize(
    "change", [_new_source, _lost_source, _no_components, _no_lock, _other_version, _other_set]
)
def test_a_change_configures_anew_and_is_named(checkout: Path, change: Callable[[Path], str]) -> None:
    said = change(checkout)
    assert forget_when_stale(checkout, build_dir(checkout)) == [said]
    assert not (build_dir(checkout) / CACHE).exists()


def test_other_kernels_configure_anew_and_the_same_do_not(checkout: Path) -> None:
    build = build_dir(checkout)
    remember(checkout, build, "reference")
    assert forget_when_stale(checkout, build, "reference") == [] and (build / CACHE).is_file()
    assert forget_when_stale(checkout, build, "esp-nn-ansi") == ["HIL_KERNELS changed"]
    assert not (build / CACHE).exists()
    (build / CACHE).write_text("# CMake's\n")
    assert forget_when_stale(checkout, build) == ["HIL_KERNELS is gone"]
    remember(checkout, build)
    (build / CACHE).write_text("# CMake's\n")
    assert forget_when_stale(checkout, build, "esp-nn") == ["HIL_KERNELS is new"]


def test_a_configuration_of_unknown_origin_is_made_anew(checkout: Path) -> None:
    (build_dir(checkout) / "configured.json").unlink()
    assert len(forget_when_stale(checkout, build_dir(checkout))) == 1


def test_nothing_is_said_before_the_first_build(checkout: Path) -> None:
    assert forget_when_stale(checkout, checkout / ".pio" / "build" / "esp32-s3") == []


def test_options_made_before_their_defaults_changed_are_named(checkout: Path) -> None:
    assert stale_options(checkout, "esp32dev") == ""
    options = checkout / "sdkconfig.esp32dev"
    options.write_text("CONFIG_FREERTOS_HZ=100\n")
    defaults = checkout / "firmware" / "esp32" / "sdkconfig.defaults"
    defaults.write_text("CONFIG_FREERTOS_HZ=1000\n")
    os.utime(options, (1_000, 1_000))
    told = stale_options(checkout, "esp32dev")
    assert "firmware/esp32/sdkconfig.defaults" in told and "remove sdkconfig.esp32dev" in told
    ansi = checkout / "sdkconfig.esp32dev.esp-nn-ansi"
    ansi.write_text("CONFIG_FREERTOS_HZ=1000\n")
    assert stale_options(checkout, "esp32dev", "esp-nn-ansi") == "", "it has a file of its own"
    assert "remove sdkconfig.esp32dev to" in stale_options(checkout, "esp32dev", "reference")
    os.utime(defaults, (500, 500))
    assert stale_options(checkout, "esp32dev") == ""
