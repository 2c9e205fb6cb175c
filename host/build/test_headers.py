"""Generated headers: deterministic, left alone when nothing changed, and right in C and C++."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..bundle.errors import BundleError
from ..bundle.load import Bundle
from ..bundle.model_ends import ends
from ..bundle.op_table import FIRMWARE_OPS, MICRO_OPS, STREAMING_OPS, resolver_header
from ..bundle.write import prepare_bundle, write_bundle
from ..checkout import ROOT
from ..detector.argmax import Argmax
from ..detector.mean_window import MeanWindow
from ..detector.n_of_m import NOfM
from ..detector.settings import DetectorSettings
from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import settings_from
from ..model.names import BUILTIN_OPS
from ..model.samples import TESTDATA, sample_model, sample_values
from .core_limits import check_limits, core_limits
from .headers import c_string, generate, headers
from .inputs import c_compiler
from .model_header import model_header

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Werror",
]
CORE = ROOT / "firmware" / "core"
CXX = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


def compilers() -> Iterator[str]:
    found = [*filter(None, map(shutil.which, ("gcc", "clang"))), str(c_compiler())]
    return iter(sorted({os.path.realpath(name): name for name in found}.values()))  # one with two names once


def bundle_of(name: str) -> Bundle:
    return prepare_bundle(TESTDATA, sample_values(name))


class Compilers:
    """Compiles programs and runs them. Kinds of the core are compiled once for the limits that a bundle gives them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, str, str], list[str]] = {}

    def run(self, compiler: str, source: Path, includes: list[Path], standard: str = "c11") -> str:
        """What a program printed."""
        program = source.with_suffix(f".{Path(compiler).name}.exe")
        own = self._kinds(compiler, standard, includes[0]) if CORE in includes else []
        compile_c(compiler, standard, includes, [str(source), *own, "-o", str(program)])
        return subprocess.run([program], capture_output=True, encoding="utf-8", check=True).stdout

    def _kinds(self, compiler: str, standard: str, generated: Path) -> list[str]:
        limits = (generated / "bundle_limits.h").read_text()
        key = compiler, standard, limits
        if key not in self._made:
            folder = self._folder / str(len(self._made))
            folder.mkdir()
            (folder / "bundle_limits.h").write_text(limits)
            sources = [path for name in ("frontend", "detect") for path in sorted((CORE / name).rglob("*.c"))]
            done = []
            for number, path in enumerate(path for path in sources if path.stem != "stream"):
                done.append(str(folder / f"{number}.o"))
                compile_c(compiler, standard, [folder, CORE], ["-c", str(path), "-o", done[-1]])
            self._made[key] = done
        return self._made[key]


def compile_c(compiler: str, standard: str, includes: list[Path], rest: list[str]) -> None:
    folders = [f"-I{folder}" for folder in includes]
    command = [compiler, f"-std={standard}", *WARNINGS, *folders, *rest]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> Compilers:
    return Compilers(tmp_path_factory.mktemp("kinds"))


PROGRAM = r"""
#include <stdio.h>
#include "bundle.h"
#include "messages.h"

static void bytes(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        printf("%02x", ((const unsigned char *)data)[i]);
    }
    printf("\n");
}

int main(void)
{
    const core_bundle *b = &builtin_bundle;
    const fe_front_end *f = &b->frontend;
    fe_front_end opened;

    printf("%s\n", b->name);
    if (fe_open(&opened, f->image, f->length) != 0 || opened.kind != f->kind || opened.span != f->span) {
        return 1;
    }
    f = &opened; /* what the image says must be what the header says */
    if (f->hop != b->frontend.hop || f->fft != b->frontend.fft || f->bands != b->frontend.bands ||
        f->sample_rate != b->frontend.sample_rate || f->analysis_window != b->frontend.analysis_window ||
        f->model_bands != b->frontend.model_bands || f->lead != b->frontend.lead ||
        f->mirrored != b->frontend.mirrored) {
        return 1;
    }
    printf("%u %u %u %u %u\n", (unsigned)f->sample_rate, f->analysis_window, f->hop, f->fft, f->bands);
    printf("%u %u %u %u %u %u\n", b->frames, b->stride, b->classes, b->ends, b->scores_output, b->logits_output);
    for (unsigned i = 0; i < b->classes; i++) {
        printf("%d %d %u %s\n", b->on_threshold[i], b->off_threshold[i], b->detect[i], bundle_labels[i]);
    }
    printf("%s ", b->detector->name);
    bytes(b->detector_parameters, b->detector_length);
    bytes(b->model, b->model_len);
    bytes(b->model_hash, sizeof b->model_hash);
    bytes(b->frontend_hash, sizeof b->frontend_hash);
    bytes(b->settings_hash, sizeof b->settings_hash);
    printf("%u\n", (unsigned)((uintptr_t)b->model % 16u));
    return MSG_PROTOCOL_VERSION > 0 ? 0 : 1;
}
"""


LOG_MEL = {
    "sample_rate": 8000,
    "window": 200,
    "hop": 128,
    "fft": 256,
    "bands": 16,
    "fmin": 0.0,
    "fmax": 4000.0,
}
FRONT_ENDS: dict[str, dict[str, Any]] = {
    "sigmoid with mirrored edges": {**LOG_MEL, "log_floor_db": -80.0, "padding": "reflect"},
    "sigmoid with coefficients": {**LOG_MEL, "log_floor_db": -80.0, "kind": "mfcc", "mel_bands": 40},
    "sigmoid normalised": {
        "kind": "normalised",
        "normalisation": "peak",
        "of": {**LOG_MEL, "log_floor_db": -80.0, "pre_emphasis": 0.9},
    },
}


@pytest.mark.parametrize(
    ("name", "detector"),
    [
        *((name, None) for name in ("sigmoid", "softmax", "flat", "int16", *FRONT_ENDS)),
        ("sigmoid", MeanWindow(0.9, 300, 1000)),
        ("softmax", Argmax(0.5, 0.4, 0.1)),
        ("softmax", NOfM(0.5, 0.4, 2, 3, 4, 5)),
    ],
)
def test_the_compiled_bundle_is_the_loaded_one(
    c: Compilers, tmp_path: Path, name: str, detector: DetectorSettings | None
) -> None:
    values = sample_values(name.partition(" ")[0])
    if name in FRONT_ENDS:
        values = replace(values, settings=settings_from(FRONT_ENDS[name]))
    bundle = prepare_bundle(TESTDATA, replace(values, detector=detector or values.detector))
    generate(bundle, tmp_path)
    source = tmp_path / "main.c"
    source.write_text(PROGRAM)
    s, thresholds, logits = bundle.settings, bundle.thresholds, bundle.model.logits
    expected = [
        bundle.name,
        f"{s.sample_rate} {s.window} {s.hop} {s.fft} {s.bands}",
        f"{bundle.frames} {bundle.stride} {len(bundle.labels)} {ends(bundle.model)} "
        f"{bundle.model.scores.index} {logits.index if logits else 0}",
        *(
            f"{on} {off} {int(detect)} {label}"
            for on, off, detect, label in zip(
                thresholds.on, thresholds.off, thresholds.detect, bundle.labels, strict=True
            )
        ),
        f"{thresholds.kind} {thresholds.parameters().hex()}",
        bundle.model_bytes.hex(),
        bundle.model_hash.hex(),
        bundle.frontend_hash.hex(),
        bundle.settings_hash.hex(),
        "0",
    ]
    for compiler in compilers():
        assert c.run(compiler, source, [tmp_path, CORE]).splitlines() == expected


HOSTILE = (
    "*/ int x; /*",
    "/* nested",
    "/*/",
    "**/*",
    "a\\",
    "??/",
    "%s%n",
    '"; #error "',
    "夜莺 Grü",
    "\\x41\\",
    'R"(x)"',
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name_in_c(c: Compilers, tmp_path: Path, name: str) -> None:
    labels = (name, "x" + name)
    plain = bundle_of("softmax")
    bundle = replace(plain, name=name, labels=labels + plain.labels[2:])
    generate(bundle, tmp_path)
    source = tmp_path / "main.c"
    source.write_text(
        '#include <stdio.h>\n#include "bundle.h"\nint main(void) {\n(void)builtin_bundle;\n'
        'printf("%s\\n%s\\n%s", BUNDLE_NAME, bundle_labels[0], bundle_labels[1]);\nreturn 0;\n}\n'
    )
    for compiler in compilers():
        for standard in ("c11", "gnu11"):
            printed = c.run(compiler, source, [tmp_path, CORE], standard)
            assert printed.split("\n") == [name, *labels]


def test_a_firmware_makes_room_for_its_own_window(c: Compilers, tmp_path: Path) -> None:
    values = sample_values("flat")
    large = replace(values.model, input=replace(values.model.input, shape=(1, 500, 20)))
    generate(prepare_bundle(TESTDATA, replace(values, frames=500, model=large)), tmp_path)
    source = tmp_path / "main.c"
    source.write_text(
        '#include <stdio.h>\n#include "bundle.h"\n'
        'int main(void) { printf("%d %d", CORE_MAX_CELLS, builtin_bundle.frames); return 0; }\n'
    )
    assert c.run(str(c_compiler()), source, [tmp_path, CORE]) == "10000 500"


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    values = sample_values("sigmoid")
    written = generate(prepare_bundle(TESTDATA, values), tmp_path)
    assert {path.name for path in written} == {
        "model.h",
        "mel_filters.h",
        "frontend_tables.h",
        "bundle.h",
        "bundle_limits.h",
        "op_resolver.h",
        "messages.h",
    }
    assert generate(prepare_bundle(TESTDATA, values), tmp_path) == []
    assert generate(prepare_bundle(TESTDATA, replace(values, stride=9)), tmp_path) == [tmp_path / "bundle.h"]
    (tmp_path / "model.h").write_text("/* edited by hand */")
    assert generate(prepare_bundle(TESTDATA, replace(values, stride=9)), tmp_path) == [tmp_path / "model.h"]


def test_the_text_depends_on_the_bundle_only(tmp_path: Path) -> None:
    here, there = (write_bundle(tmp_path / name, sample_values("softmax")) for name in ("here", "there"))
    assert headers(here) == headers(there)
    assert not any(str(tmp_path) in text for text in headers(here).values())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        generate(bundle_of("flat"), tmp_path / "file")


@pytest.mark.parametrize("there", ["HIL_PYTHON", "VIRTUAL_ENV", "PATH", ""])
def test_generation_in_a_python_without_packages_finds_one_that_has_them(tmp_path: Path, there: str) -> None:
    """As in the Python of ESP-IDF: -S leaves out site-packages."""
    write_bundle(tmp_path / "b", sample_values("softmax"))
    platform = tmp_path / "firmware" / "platform"  # a checkout without a .venv
    platform.mkdir(parents=True)
    shutil.copy(ROOT / "firmware" / "platform" / "generate_headers.py", platform)
    (tmp_path / "host").symlink_to(ROOT / "host")
    script, out = str(platform / "generate_headers.py"), tmp_path / "out"
    named = {
        "HIL_PYTHON": {"HIL_PYTHON": sys.executable},
        "VIRTUAL_ENV": {"VIRTUAL_ENV": sys.prefix},
        "PATH": {"PATH": str(Path(sys.executable).parent)},
    }
    done = subprocess.run(
        [sys.executable, "-S", script, "--bundle", str(tmp_path / "b"), "--out", str(out)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"HIL_PYTHON": "", "VIRTUAL_ENV": "", "PATH": ""} | named.get(there, {}),
    )
    assert (done.returncode, (out / "bundle.h").exists()) == ((0, True) if there else (2, False)), done.stderr
    assert there or ("msgspec" in done.stderr and "tools/run.py setup" in done.stderr)


@given(st.text(max_size=40))
def test_c_strings_are_ascii_and_mean_the_same(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode("utf-8")
    literal = c_string(text)
    assert literal.isascii()
    assert '"' not in literal[1:-1] and "?" not in literal
    spelt = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), literal[1:-1])
    assert spelt.encode("latin-1") == text.encode("utf-8")


def test_limits_are_the_firmwares_and_are_named() -> None:
    assert core_limits()["CORE_MAX_FFT"] == 1024
    flat = bundle_of("flat")
    check_limits(flat)
    check_limits(replace(flat, frames=core_limits()["CORE_MOST_CELLS"] // 20))
    with pytest.raises(BundleError, match="CORE_MOST_CELLS"):
        check_limits(replace(flat, frames=core_limits()["CORE_MOST_CELLS"] // 20 + 1))
    check_limits(replace(flat, settings=Biodcase2026Settings(24000, 4096, 512, flat.settings.bands)))
    with pytest.raises(BundleError, match="CORE_MAX_CLASSES"):
        check_limits(replace(flat, labels=tuple(map(str, range(33)))))


# ---- model.h alone ------------------------------------------------------------------------------------------------

MODEL_PROGRAM = r"""
#include <stdio.h>
#include "model.h"

int main(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < my_model_len; i++) {
        sum = sum * 31u + my_model[i];
    }
    printf("%u %u %u\n", my_model_len, sum, (unsigned)((size_t)my_model % 16u));
    return 0;
}
"""


def test_a_model_header_works_in_c_and_in_cplusplus(c: Compilers, tmp_path: Path) -> None:
    data = sample_model("sigmoid")[:-3]  # a length that fills no row
    (tmp_path / "model.h").write_text(model_header(data, "my_model", "a */ file\\"))
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    expected = f"{len(data)} {total} 0\n"
    source = tmp_path / "main.c"
    source.write_text(MODEL_PROGRAM)
    for compiler in compilers():
        assert c.run(compiler, source, [tmp_path]) == expected
    if CXX is None:
        pytest.skip("no C++ compiler: the header was compiled in C only")
    shutil.copy(source, tmp_path / "main.cpp")
    for standard in ("c++11", "c++20"):
        assert c.run(CXX, tmp_path / "main.cpp", [tmp_path], standard) == expected


def test_a_model_header_is_deterministic_and_wants_a_name() -> None:
    data = sample_model("flat")
    assert model_header(data) == model_header(data)
    assert (
        hashlib.sha256(model_header(data).encode()).digest()
        != hashlib.sha256(model_header(data[:-1]).encode()).digest()
    )
    with pytest.raises(ValueError, match="identifier"):
        model_header(data, "my-model")
    with pytest.raises(ValueError, match="empty"):
        model_header(b"")


# ---- op_resolver.h ------------------------------------------------------------------------------------------------

RESOLVER_PROGRAM = r"""
#include <cstdio>
#include "op_resolver.h"

enum TfLiteStatus { kTfLiteOk, kTfLiteError };

struct Resolver {
    unsigned count = 0, most;
    explicit Resolver(unsigned m) : most(m) {}
    TfLiteStatus add(const char *name) { std::printf("%s ", name); return ++count > most ? kTfLiteError : kTfLiteOk; }
METHODS
};

int main()
{
    Resolver own(BUNDLE_OP_COUNT), wide(FIRMWARE_OP_COUNT), small(BUNDLE_OP_COUNT - 1);
    std::printf("= %d\n", BUNDLE_ADD_OPS(own) == kTfLiteOk);
    std::printf("= %d\n", FIRMWARE_ADD_OPS(wide) == kTfLiteOk);
    std::printf("= %d\n", BUNDLE_ADD_OPS(small) == kTfLiteOk);
    return 0;
}
"""


def test_the_resolver_gets_each_op_once(c: Compilers, tmp_path: Path) -> None:
    if CXX is None:
        pytest.skip("no C++ compiler")
    ops = bundle_of("softmax").model.ops
    (tmp_path / "op_resolver.h").write_text(resolver_header([*ops, "SVDF", ops[0]]))
    methods = "\n".join(
        f'    TfLiteStatus {name}() {{ return add("{name}"); }}' for name in MICRO_OPS.values()
    )
    (tmp_path / "main.cpp").write_text(RESOLVER_PROGRAM.replace("METHODS", methods))
    own, wide, small = c.run(CXX, tmp_path / "main.cpp", [tmp_path], "c++17").splitlines()
    assert sorted(own.split()) == sorted([*(MICRO_OPS[op] for op in ops), "AddSvdf", "=", "1"])
    assert set(wide.split()[:-2]) == {MICRO_OPS[op] for op in (*FIRMWARE_OPS, *ops, "SVDF")}
    assert len(set(wide.split()[:-2])) == len(wide.split()) - 2
    assert small.endswith("= 0")


@pytest.mark.parametrize(
    ("own", "asked", "streaming"),
    [
        (["ADD"], "", False),
        (["ADD"], "#define FIRMWARE_VARIABLES 1", True),
        (["CALL_ONCE", "VAR_HANDLE"], "", True),
    ],
)
def test_ops_of_streaming_models_are_there_where_they_are_asked_for(
    c: Compilers, tmp_path: Path, own: list[str], asked: str, streaming: bool
) -> None:
    if CXX is None:
        pytest.skip("no C++ compiler")
    (tmp_path / "op_resolver.h").write_text(f"{asked}\n{resolver_header(own)}")
    methods = "\n".join(
        f'    TfLiteStatus {name}() {{ return add("{name}"); }}' for name in MICRO_OPS.values()
    )
    program = RESOLVER_PROGRAM.replace("METHODS", methods)
    program = program.replace("return 0;", 'std::printf("variables %d\\n", FIRMWARE_VARIABLES); return 0;')
    (tmp_path / "main.cpp").write_text(program)
    _, wide, _, variables = c.run(CXX, tmp_path / "main.cpp", [tmp_path], "c++17").splitlines()
    ops = {*FIRMWARE_OPS, *own, *(STREAMING_OPS if streaming else ())}
    assert sorted(wide.split()) == sorted([*(MICRO_OPS[op] for op in ops), "=", "1"])
    assert variables == f"variables {int(streaming)}"


def test_ops_are_the_schemas_and_unknown_ones_are_named() -> None:
    assert set(MICRO_OPS) <= set(BUILTIN_OPS)
    assert {*FIRMWARE_OPS, *STREAMING_OPS} <= set(MICRO_OPS)
    assert sorted(FIRMWARE_OPS) == list(FIRMWARE_OPS)
    with pytest.raises(BundleError, match="GELU, LSTM"):
        resolver_header(["LSTM", "CONV_2D", "GELU"])


# ---- the core's headers in C++ ------------------------------------------------------------------------------------


def test_cpp_sources_declare_the_cores_functions_as_c() -> None:
    """Or an ESP32 image does not link, which no build for this computer shows."""
    function = re.compile(r"^(?!static|#|typedef)\w[\w *]*\b\w+\([^;{]*\);", re.MULTILINE)
    looked_at = 0
    for source in (ROOT / "firmware" / "hil_core").glob("*.cpp"):
        text = source.read_text(encoding="utf-8")
        plain = re.sub(r'extern "C" \{.*?\n\}', "", text, flags=re.DOTALL)
        for name in re.findall(r'#include "([\w/]+\.h)"', text):
            header = CORE / name
            if not header.is_file():
                continue
            declared = header.read_text(encoding="utf-8")
            if 'extern "C"' in declared or not function.search(declared):
                continue
            looked_at += 1
            assert f'#include "{name}"' not in plain, f'{source.name}: {name} belongs into extern "C"'
    assert looked_at
