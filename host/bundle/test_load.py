"""Loading and writing bundles: what is whole comes through, what is not is named."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..detector.threshold import Threshold
from ..files import atomic_write
from ..model.samples import sample_model, sample_values
from . import write as write_module
from .errors import BundleError
from .load import Bundle, bundle_from, load_bundle
from .write import write_bundle

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "b", sample_values("softmax"))
    return tmp_path / "b"


def _edit(folder: Path, edit: Edit) -> None:
    path = folder / "bundle.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def test_kinds_may_be_said_and_need_not(folder: Path) -> None:
    before = load_bundle(folder)
    _edit(folder, lambda v: (v["frontend"].update(kind="log-mel"), v["detector"].update(kind="threshold")))
    assert load_bundle(folder) == before


def test_a_label_is_ignored_in_either_form_of_unicode(folder: Path) -> None:
    _edit(folder, lambda v: (v["labels"].__setitem__(0, "é"), v["detector"].update(ignore=["e\u0301"])))
    bundle = load_bundle(folder)
    assert bundle.detector.ignore == ("é",)
    assert bundle.thresholds.detect == (False, True, True, True, True)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "flat"])
def test_what_was_written_is_what_is_loaded(tmp_path: Path, name: str) -> None:
    values = sample_values(name)
    written = write_bundle(tmp_path / "b", values)
    bundle = load_bundle(tmp_path / "b")
    assert bundle == written
    for field in ("name", "settings", "frames", "stride", "labels", "detector", "model", "model_bytes"):
        assert getattr(bundle, field) == getattr(values, field)
    assert bundle.provenance == values.provenance


def test_hashes_depend_on_what_they_name_and_on_nothing_else(tmp_path: Path) -> None:
    values = sample_values("softmax")

    def hashes(changed: Any, at: str) -> tuple[bytes, bytes, bytes]:
        b: Bundle = write_bundle(tmp_path / at, changed)
        return b.model_hash, b.frontend_hash, b.settings_hash

    model, frontend, settings = hashes(values, "a")
    assert hashes(replace(values, name="other", description="d", metrics={"auc": 1}), "b") == (
        model,
        frontend,
        settings,
    )
    assert hashes(replace(values, stride=8), "c")[:2] == (model, frontend)
    assert hashes(replace(values, stride=8), "c")[2] != settings
    assert hashes(replace(values, labels=("v", "w", "x", "background", "z")), "d")[2] != settings
    assert hashes(replace(values, settings=replace(values.settings, fmin=61.0)), "e")[1] != frontend  # type: ignore[type-var]
    # a threshold that gives the same int8 score is the same detector
    assert hashes(replace(values, detector=Threshold(0.5999, 0.4, ("background",))), "f")[2] == settings


DEFECTS: list[tuple[str, Edit, str]] = [
    ("format missing", lambda v: v.pop("format"), "`format` is missing"),
    ("format of the future", lambda v: v.update(format=2), "reads format 1"),
    ("unknown name", lambda v: v.update(strid=1), "`strid`"),
    ("unknown name inside", lambda v: v["detector"].update(hold=1), "`detector.hold`"),
    ("unknown setting", lambda v: v["frontend"].update(n_fft=1), "n_fft"),
    ("unknown kind of front end", lambda v: v["frontend"].update(kind="gammatone"), "known here: log-mel"),
    ("misspelt kind", lambda v: v["frontend"].update(kind="log_mel"), "did you mean `log-mel`?"),
    ("unknown kind of detector", lambda v: v["detector"].update(kind="average"), "`detector.kind`"),
    ("setting of a wrong type", lambda v: v["frontend"].update(hop="128"), "`frontend.hop` is '128'"),
    ("missing setting", lambda v: v["frontend"].pop("hop"), "hop"),
    ("impossible setting", lambda v: v["frontend"].update(fft=700), "`frontend.fft` is 700"),
    ("no object", lambda v: v.update(frontend=[]), "`frontend`"),
    ("no name", lambda v: v.update(name=" "), "`name` is empty"),
    ("long name", lambda v: v.update(name="ä" * 16), "32 bytes"),
    ("control characters", lambda v: v.update(name="a\nb"), "printable"),
    ("lone surrogate", lambda v: v.update(name="\ud800"), "printable"),
    ("other frames", lambda v: v.update(frames=48), "windows of 48 frames × 64 bands"),
    ("other bands", lambda v: v["frontend"].update(bands=40), "49 frames × 40 bands"),
    ("stride 0", lambda v: v.update(stride=0), "`stride` is 0"),
    ("stride true", lambda v: v.update(stride=True), "`stride` is True"),
    ("stride 1.5", lambda v: v.update(stride=1.5), "`stride` is 1.5"),
    ("too few labels", lambda v: v["labels"].pop(), "names 4 classes"),
    ("no labels", lambda v: v.update(labels=[]), "names 0 classes (none)"),
    ("label twice", lambda v: v["labels"].__setitem__(1, "wren"), "a second time"),
    (
        "label twice in another form",
        lambda v: v["labels"].__setitem__(slice(2), ["é", "e\u0301"]),
        "second time",
    ),
    ("empty label", lambda v: v["labels"].__setitem__(1, ""), "`labels[1]` is empty"),
    ("number as label", lambda v: v["labels"].__setitem__(1, 3), "`labels[1]` is 3"),
    ("release above threshold", lambda v: v["detector"].update(release=0.7), "above the threshold"),
    ("threshold out of reach", lambda v: v["detector"].update(threshold=1.0), "highest score"),
    (
        "threshold always reached",
        lambda v: v["detector"].update(threshold=0.0, release=0),
        "always be active",
    ),
    ("release never reached", lambda v: v["detector"].update(release=0.0), "inactive again"),
    ("threshold text", lambda v: v["detector"].update(threshold="0.5"), "finite number"),
    ("threshold huge", lambda v: v["detector"].update(threshold=10**400), "401 digits"),
    ("ignored label unknown", lambda v: v["detector"].update(ignore=["cat"]), "'cat'"),
    ("all labels ignored", lambda v: v["detector"].update(ignore=v["labels"]), "leaves no label"),
    ("path up", lambda v: v["model"].update(file="../model.tflite"), "plain file name"),
    ("absolute path", lambda v: v["model"].update(file="/etc/passwd"), "plain file name"),
    ("Windows path", lambda v: v["model"].update(file="C:model.tflite"), "plain file name"),
    ("backslash", lambda v: v["model"].update(file="..\\model.tflite"), "plain file name"),
    ("dots", lambda v: v["model"].update(file=".."), "plain file name"),
    ("no file name", lambda v: v["model"].update(file=""), "plain file name"),
    ("other file name", lambda v: v["model"].update(file="gone.tflite"), "gone.tflite is missing"),
    ("size", lambda v: v["model"].update(size=5), "bundle.json says 5"),
    ("negative size", lambda v: v["model"].update(size=-5), "`model.size` is -5"),
    ("hash", lambda v: v["model"].update(sha256="0" * 64), "SHA-256"),
    ("no hash", lambda v: v["model"].update(sha256="xyz"), "64 hexadecimal"),
    ("scale 0", lambda v: v["model"]["input"].update(scale=0), "`model.input.scale` is 0"),
    ("scale absurd", lambda v: v["model"]["input"].update(scale=1e-9), "input scale"),
    ("zero point", lambda v: v["model"]["input"].update(zero_point=128), "`model.input.zero_point` is 128"),
    ("batch", lambda v: v["model"]["input"].update(shape=[2, 49, 64]), "batch"),
    ("two scores", lambda v: v["model"]["outputs"][1].update(role="scores"), "one `scores`"),
    ("no outputs", lambda v: v["model"].update(outputs=[]), "one `scores`"),
    ("same output twice", lambda v: v["model"]["outputs"][1].update(index=1), "same index"),
    ("output shapes", lambda v: v["model"]["outputs"][1].update(shape=[1, 4]), "shapes"),
    ("no ops", lambda v: v["model"].update(ops=[]), "`model.ops` is empty"),
]


@pytest.mark.parametrize(("edit", "named"), [(e, n) for _, e, n in DEFECTS], ids=[d[0] for d in DEFECTS])
def test_a_defect_is_named(folder: Path, edit: Edit, named: str) -> None:
    _edit(folder, edit)
    with pytest.raises(BundleError) as raised:
        load_bundle(folder)
    assert named in raised.value.cause + raised.value.cure
    assert str(folder) in raised.value.cause
    assert raised.value.cure


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1]", "does not hold a JSON object"),
        (b'{"format": 1, "format": 1}', "appears twice"),
        (b'{"format": NaN}', "not a number in JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"format": ' + b"1" * 5000 + b"}", "digits|format"),
    ],
)
def test_a_damaged_description_is_named(folder: Path, content: bytes, named: str) -> None:
    (folder / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match=named):
        load_bundle(folder)


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    path = folder / "bundle.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_bundle(folder).name == "sample softmax"


def test_missing_parts_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BundleError, match="no bundle folder"):
        load_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"bundle\.json is missing"):
        load_bundle(tmp_path)
    (folder / "model.tflite").unlink()
    with pytest.raises(BundleError, match=r"model\.tflite is missing"):
        load_bundle(folder)
    (folder / "model.tflite").mkdir()
    with pytest.raises(BundleError, match="not a file"):
        load_bundle(folder)


def test_a_damaged_model_is_named(folder: Path) -> None:
    path = folder / "model.tflite"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(folder)
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match=f"{len(data) - 1} bytes"):
        load_bundle(folder)


def test_writing_checks_before_it_touches_anything(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(BundleError, match="stride"):
        write_bundle(folder, replace(sample_values("sigmoid"), stride=0))
    with pytest.raises(BundleError, match="JSON"):
        write_bundle(folder, replace(sample_values("sigmoid"), metrics={"auc": float("nan")}))
    with pytest.raises(BundleError, match="damaged"):
        write_bundle(folder, replace(sample_values("sigmoid"), model_bytes=sample_model("flat")))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("stop_after", range(6))
def test_a_replaced_bundle_is_whole_at_every_moment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    """Power fails after any number of writes: the folder holds the old bundle or the new one."""
    (folder / "wav").mkdir()
    done = 0

    def write(path: Path, data: bytes | str) -> None:
        nonlocal done
        if done == stop_after:
            raise OSError(28, "No space left on device")
        done += 1
        atomic_write(path, data)

    monkeypatch.setattr(write_module, "atomic_write", write)
    old, new = load_bundle(folder), sample_values("sigmoid")
    if stop_after < 4:
        with pytest.raises(BundleError, match="No space left"):
            write_bundle(folder, new)
        found = load_bundle(folder)
        assert found.model_bytes == (old.model_bytes if stop_after < 2 else new.model_bytes)
        monkeypatch.setattr(write_module, "atomic_write", atomic_write)
    assert write_bundle(folder, new).labels == ("bird",)
    assert sorted(path.name for path in folder.iterdir()) == ["bundle.json", "model.tflite", "wav"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        write_bundle(tmp_path / "file" / "b", sample_values("sigmoid"))


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, -1e308, 5e-324, 10**39, 2**31, 2**63,
    "", "x" * 100, "\u202e", "\x00", "\ud800", "NaN", [], {}, [[]], {"a": 1},
)  # fmt: skip


def _places(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from _places(inner, (*place, key))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_value_anywhere_is_read_or_refused(folder: Path, data: st.DataObject) -> None:
    path = folder / "bundle.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    place = data.draw(st.sampled_from([place for place in _places(values) if place]))
    inner = values
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(st.sampled_from(ODD))
    try:
        bundle_from(folder, values)
    except BundleError as error:
        assert error.cause and error.cure
