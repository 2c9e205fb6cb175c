"""A firmware from before there were kinds of detectors is refused by name, for bundles that need one."""

from dataclasses import replace

import pytest

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..detector.n_of_m import NOfM
from ..link import messages as m
from .identity import StaleFirmwareError, check_detector, check_identity

OLD = m.Info(protocol=m.PROTOCOL_VERSION, firmware_version="0.9.0")


def test_an_old_firmware_takes_no_bundle_of_another_kind() -> None:
    bundle = replace(load_bundle(DEFAULT_BUNDLE), detector=NOfM(0.6, 0.4, 2, 3))
    for check in (check_detector, check_identity):
        with pytest.raises(StaleFirmwareError) as raised:
            check(OLD, bundle)
        for word in ("0.9.0", "'threshold'", "'n-of-m'"):
            assert word in raised.value.cause
        assert "flash" in raised.value.cure
    check_detector(replace(OLD, capabilities=m.Capability.DETECTORS), bundle)


def test_what_an_old_firmware_knows_it_runs() -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    check_detector(OLD, bundle)
    same = replace(
        OLD,
        model_hash=bundle.model_hash,
        frontend_hash=bundle.frontend_hash,
        settings_hash=bundle.settings_hash,
    )
    check_identity(same, bundle)
