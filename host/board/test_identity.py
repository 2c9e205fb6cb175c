"""A firmware from before there were kinds of detectors is refused by name, for bundles that need one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..detector.n_of_m import NOfM
from ..detector.threshold import Threshold
from ..link import messages as m
from .identity import StaleFirmwareError, check_detector, check_identity

# An old firmware knows thresholds alone
BUNDLE = replace(load_bundle(DEFAULT_BUNDLE), detector=Threshold(0.6, 0.4))
OLD = m.Info(protocol=m.PROTOCOL_VERSION, firmware_version="0.9.0")


def test_an_old_firmware_takes_no_bundle_of_another_kind() -> None:
    bundle = replace(BUNDLE, detector=NOfM(0.6, 0.4, 2, 3))
    for check in (check_detector, check_identity):
        with pytest.raises(StaleFirmwareError) as raised:
            check(OLD, bundle)
        for word in ("0.9.0", "'threshold'", "'n-of-m'"):
            assert word in raised.value.cause
        assert "flash" in raised.value.cure
    check_detector(replace(OLD, capabilities=m.Capability.DETECTORS), bundle)


def test_what_an_old_firmware_knows_it_runs() -> None:
    bundle = BUNDLE
    check_detector(OLD, bundle)
    same = replace(
        OLD,
        model_hash=bundle.model_hash,
        frontend_hash=bundle.frontend_hash,
        settings_hash=bundle.settings_hash,
    )
    check_identity(same, bundle)


@pytest.mark.parametrize("over", [True, False])
def test_an_info_that_begins_with_its_end(over: bool) -> None:
    bundle = BUNDLE
    right = replace(OLD, bundle_name=b"default")
    raw = right.encode()
    info = m.Info.decode(b"default" + raw[7:-7] + bytes(7)) if over else replace(right, protocol=9)
    with pytest.raises(StaleFirmwareError) as raised:
        check_identity(info, bundle)
    assert raised.value.cause.startswith("INFO begins with 'default', the bundle's name") == over
    assert ("link_send" in raised.value.cure) == over
    with pytest.raises(StaleFirmwareError) as raised:
        check_identity(info, replace(bundle, name="def"))
    assert "speaks protocol" in raised.value.cause, "three letters may be so by chance"


def changed(hash_: bytes, at: int) -> bytes:
    """A hash with one byte that is another."""
    return hash_[:at] + bytes([hash_[at] ^ 1]) + hash_[at + 1 :]


@pytest.mark.parametrize(
    ("field", "told", "words"),
    [
        ("frontend_hash", lambda b: b.model_hash, ": that is its model_hash"),
        ("model_hash", lambda b: b.settings_hash, ": that is its settings_hash"),
        ("settings_hash", lambda _: bytes(32), ": it is all zeros"),
        ("model_hash", lambda b: b.model_hash[:16] + bytes(16), ": its first 16 of 32 bytes alone"),
        ("settings_hash", lambda b: changed(b.settings_hash, 5), ": byte 5 is "),
    ],
)
def test_a_hash_that_no_other_bundle_has_is_told_with_what_fills_it(
    field: str, told: Callable[[Bundle], bytes], words: str
) -> None:
    bundle = BUNDLE
    same = {name: getattr(bundle, name) for name in ("model_hash", "frontend_hash", "settings_hash")}
    info = replace(OLD, bundle_name=b"default", **{**same, field: told(bundle)})
    with pytest.raises(StaleFirmwareError) as raised:
        check_identity(info, bundle)
    assert words in raised.value.cause and f"tells {field}" in raised.value.cause
    assert f"what fills {field} of INFO (firmware/core/session/info.c)" in raised.value.cure
    assert "flash the firmware" not in raised.value.cure


def test_another_bundles_hash_asks_for_that_bundle() -> None:
    bundle = BUNDLE
    info = replace(OLD, bundle_name=b"other", model_hash=bytes(range(32)))
    with pytest.raises(StaleFirmwareError, match="runs bundle 'other' with another model") as raised:
        check_identity(info, bundle)
    assert "flash the firmware of this bundle" in raised.value.cure
