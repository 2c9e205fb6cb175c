"""The board is what the bundle says."""

from dataclasses import replace
from pathlib import Path

import pytest

from host.board.device import Device
from host.board.identity import StaleFirmwareError, check_identity
from host.bundle.load import Bundle
from host.bundle.write import write_bundle
from host.link import messages as m
from host.model.samples import sample_values


def test_hashes_are_the_bundles(info: m.Info, bundle: Bundle) -> None:
    assert info.model_hash == bundle.model_hash
    assert info.frontend_hash == bundle.frontend_hash
    assert info.settings_hash == bundle.settings_hash
    assert info.bundle_name.decode() == bundle.name


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
    assert info.max_fft >= settings.fft and info.max_bands >= settings.bands
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
    detector = replace(now, threshold=now.threshold * 0.5, release=now.release * 0.5)
    with pytest.raises(StaleFirmwareError, match="thresholds"):
        check_identity(info, replace(bundle, detector=detector))
