"""How a build for a board is told which kernels to run: variables, options of ESP-IDF, and CMake's own lines."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from platformio.project.config import ProjectConfig  # type: ignore[import-untyped]

from ..checkout import ROOT
from ..model.kernel_names import KERNELS
from . import firmware
from .kernel_choice import ANSI_DEFAULTS, board_options, chosen

BOARDS = ("esp32dev", "esp32-s3", "esp32-qemu")


def arguments_of(env: str) -> str:
    config = ProjectConfig(str(ROOT / "platformio.ini"))
    return str(config.get(f"env:{env}", "board_build.cmake_extra_args"))


def test_the_variable_names_kernels_or_nothing() -> None:
    assert chosen({}) == "" and [chosen({"HIL_KERNELS": name}) for name in KERNELS] == list(KERNELS)
    with pytest.raises(ValueError, match="HIL_KERNELS=ansi: known are esp-nn, esp-nn-ansi, reference"):
        chosen({"HIL_KERNELS": "ansi"})


@pytest.mark.parametrize("env", BOARDS)
def test_plain_c_versions_have_an_option_more_and_a_file_of_options_of_their_own(env: str) -> None:
    before = arguments_of(env)
    options = board_options("esp-nn-ansi", ROOT, env, before)
    (word,) = shlex.split(options["build.cmake_extra_args"])
    assert word == f"{shlex.split(before)[0]};{ANSI_DEFAULTS}", "the last one outweighs those before"
    assert "CONFIG_NN_ANSI_C=y" in (ROOT / ANSI_DEFAULTS).read_text("utf-8").splitlines()
    assert options["build.esp-idf.sdkconfig_path"] == str(ROOT / f"sdkconfig.{env}.esp-nn-ansi")
    for other in ("", "esp-nn", "reference"):
        assert board_options(other, ROOT, env, before) == {}


def test_arguments_without_defaults_are_refused() -> None:
    with pytest.raises(ValueError, match="esp32dev names no -DSDKCONFIG_DEFAULTS"):
        board_options("esp-nn-ansi", ROOT, "esp32dev", "-DOTHER=1")


@pytest.mark.parametrize("env", BOARDS)
def test_the_options_are_set_before_it_is_seen_whether_the_configuration_stands(env: str) -> None:
    config = ProjectConfig(str(ROOT / "platformio.ini"))
    scripts = [Path(name.partition(":")[2]).stem for name in config.get(f"env:{env}", "extra_scripts")]
    assert scripts.index("kernel_options") < scripts.index("configure_anew")


def test_a_build_of_other_kernels_is_not_reused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[str] = []

    def run(env: str, build_dir: Path, *, variables: dict[str, str]) -> str:
        told.append(variables["HIL_KERNELS"])
        product = build_dir / env / "firmware.bin"
        product.parent.mkdir(parents=True, exist_ok=True)
        product.write_bytes(b"image")
        return ""

    monkeypatch.setattr(firmware, "platformio_run", run)
    monkeypatch.setattr(firmware, "inputs_hash", lambda _paths, *facts, **_: "\n".join(facts))
    monkeypatch.setattr(firmware, "load_bundle", lambda _folder: None)
    monkeypatch.setattr(firmware, "_shown", str)
    monkeypatch.setattr(firmware, "ROOT", tmp_path)
    said: list[str] = []
    for kernels in ("reference", "reference", "", "", "esp-nn", "esp-nn-ansi", "reference"):
        firmware.build_firmware("esp32dev", tmp_path / "mine", said.append, kernels)
    assert told == ["reference", "", "esp-nn", "esp-nn-ansi", "reference"]
    assert "kernels reference" in said[0] and "kernels" not in said[2]


PROJECT = """
cmake_minimum_required(VERSION 3.18)
project(kernels C)
function(idf_build_get_property out name)
    set(${{out}} "espressif__esp-tflite-micro;espressif__esp-nn" PARENT_SCOPE)
endfunction()
function(idf_component_get_property out component name)
    set(${{out}} "${{component}}" PARENT_SCOPE)
    if(name STREQUAL "COMPONENT_DIR")
        set(${{out}} "${{CMAKE_SOURCE_DIR}}" PARENT_SCOPE)
    endif()
endfunction()
add_library(espressif__esp-tflite-micro main.c)
add_library(espressif__esp-nn main.c)
add_library(hil_core main.c)
target_compile_options(espressif__esp-tflite-micro
                       PRIVATE -Wall {define} -O3 $<$<COMPILE_LANGUAGE:C>:-Wextra -Wshadow >)
set(COMPONENT_LIB hil_core)
{options}
include("{kernels}")
"""


def configured(tmp_path: Path, wish: str, options: str = "", define: str = "-DESP_NN") -> tuple[str, str]:
    """What kernels.cmake makes of a wish: its header and the flags of esp-tflite-micro; or the error."""
    kernels = (ROOT / "firmware" / "hil_core" / "kernels.cmake").as_posix()
    (tmp_path / "CMakeLists.txt").write_text(PROJECT.format(options=options, define=define, kernels=kernels))
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    build = tmp_path / "build"
    done = subprocess.run(
        ["cmake", "-G", "Unix Makefiles", "-S", str(tmp_path), "-B", str(build), f"-DHIL_KERNELS={wish}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return "", " ".join(done.stderr.split())
    flags = (build / "CMakeFiles" / "espressif__esp-tflite-micro.dir" / "flags.make").read_text()
    return (build / "kernels" / "kernels.h").read_text(), flags


cmake = pytest.mark.skipif(shutil.which("cmake") is None, reason="no CMake on this computer")
ANSI = "set(CONFIG_NN_ANSI_C y)"
NUDGE = "set(CONFIG_NN_SKIP_NUDGE y)"


@cmake
@pytest.mark.slow
@pytest.mark.parametrize(
    ("wish", "options", "named", "with_esp_nn"),
    [
        ("", "", "kernels esp-nn", True),
        ("esp-nn", "", "kernels esp-nn", True),
        ("", ANSI, "kernels esp-nn-ansi", True),
        ("esp-nn-ansi", ANSI, "kernels esp-nn-ansi", True),
        ("reference", "", "kernels reference", False),
        ("reference", NUDGE, "kernels reference", False),
        ("", NUDGE, "kernels esp-nn not bit-exact: CONFIG_NN_SKIP_NUDGE", True),
    ],
)
def test_cmake_sets_the_kernels_and_names_what_it_set(
    tmp_path: Path, wish: str, options: str, named: str, with_esp_nn: bool
) -> None:
    header, flags = configured(tmp_path, wish, options)
    assert header.endswith(f'\\n{named}"\n'), header or flags
    assert ("-DESP_NN" in flags) == with_esp_nn
    assert "-Wall" in flags and "-O3" in flags and "-Wextra -Wshadow" in flags, "the other options stay"


@cmake
@pytest.mark.slow
@pytest.mark.parametrize(
    ("wish", "options", "would"),
    [("esp-nn-ansi", "", "esp-nn"), ("esp-nn", ANSI, "esp-nn-ansi"), ("refrence", "", "esp-nn")],
)
def test_cmake_refuses_what_the_options_would_not_run(
    tmp_path: Path, wish: str, options: str, would: str
) -> None:
    header, error = configured(tmp_path, wish, options)
    assert header == "" and f"HIL_KERNELS={wish}, and this build would run {would}." in error


@cmake
@pytest.mark.slow
def test_a_component_that_never_had_esp_nn_is_called_by_its_name(tmp_path: Path) -> None:
    assert "kernels reference" in configured(tmp_path, "", define="-DNOTHING")[0]
