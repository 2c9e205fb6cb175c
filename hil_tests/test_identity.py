"""The board is what the bundle says."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from .toolkit import (
    FAST_BAUD,
    Board,
    Bundle,
    Device,
    StaleFirmwareError,
    VirtualBoard,
    __version__,
    bundle_image,
    check_identity,
    sample_values,
    write_bundle,
)
from .toolkit import messages as m


def test_hashes_are_the_bundles(info: m.Info, bundle: Bundle) -> None:
    assert info.model_hash == bundle.model_hash
    assert info.frontend_hash == bundle.frontend_hash
    assert info.settings_hash == bundle.settings_hash
    assert info.bundle_name.decode() == bundle.name


def test_what_it_was_built_with_is_told(device: Device, needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.BUILD)
    build = device.build()
    assert any(character.isdigit() for character in build["compiler"])
    assert "" not in build and all(name == name.strip() for name in build)


def test_settings_are_the_bundles(info: m.Info, bundle: Bundle) -> None:
    settings = bundle.settings
    assert (info.sample_rate, info.window, info.hop, info.fft, info.bands) == (
        settings.sample_rate,
        settings.window,
        settings.hop,
        settings.fft,
        settings.bands,
    )
    assert (info.frames, info.stride, info.classes) == (bundle.frames, bundle.stride, len(bundle.labels))
    assert info.max_fft >= settings.fft and info.max_bands >= settings.model_bands
    assert info.max_cells >= bundle.frames * settings.bands


def test_boot_id_stays_while_the_board_runs(device: Device) -> None:
    first = device.info().boot_id
    device.connect()
    assert device.info().boot_id == first


def test_another_bundle_is_refused(info: m.Info, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", sample_values("sigmoid"))
    with pytest.raises(StaleFirmwareError, match="another model") as caught:
        check_identity(info, other)
    assert "flash" in caught.value.cure and "--bundle" in caught.value.cure


def test_another_threshold_is_refused(info: m.Info, bundle: Bundle) -> None:
    now = bundle.detector
    scores = {field.name for field in fields(now)} & {"threshold", "release", "cutoff"}  # type: ignore[arg-type]
    detector = replace(now, **{name: getattr(now, name) * 0.5 for name in scores})  # type: ignore[type-var]
    with pytest.raises(StaleFirmwareError, match="thresholds"):
        check_identity(info, replace(bundle, detector=detector))


def test_the_slot_holds_the_bundle(
    info: m.Info, bundle: Bundle, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.SLOT)
    assert info.slot_size >= len(bundle_image(bundle))


def test_a_new_virtual_board_says_what_it_is(
    virtual: Callable[..., VirtualBoard], open_device: Callable[[Board], Device], bundle: Bundle
) -> None:
    """Nothing of INFO is taken on trust where it is known: no more abilities than it has, and no fewer."""
    has = m.Capability.INFERENCE | m.Capability.SLOT | m.Capability.PROOF | m.Capability.VIRTUAL_TIME
    has |= m.Capability.TRIAL | m.Capability.BUILD | m.Capability.DETECTORS
    has |= m.Capability.TRACE | m.Capability.STAGES | m.Capability.REPLAY
    has |= m.Capability.LOGITS if bundle.model.logits is not None else 0
    for options, more in (({}, m.Capability(0)), ({"baud": FAST_BAUD}, m.Capability.BAUD)):
        info = open_device(virtual(**options)).info()
        assert info.capabilities == has | more
        assert (info.board, info.chip) == ("virtual", "computer")
        assert info.firmware_version == __version__
        assert info.clock_hz == 1_000_000_000
        assert info.bundle_source == 0
        assert info.reset_reason == m.ResetReason.POWER_ON
    status = open_device(virtual()).status()
    assert (status.stack_free, status.heap_free, status.heap_min_free) == (0, 0, 0), "a computer cannot know"
