"""Bundles of real small models, and sounds, for the tests of the diagnosis."""

from collections.abc import Callable

import pytest

from ...bundle.load import Bundle
from ...bundle.write import write_bundle
from ...core.c_frontend import FrontEnd
from ...model.interpreter import Interpreter
from ...model.reference import ReferenceInterpreter
from ...model.samples import sample_values
from .diagnose import diagnose
from .evidence import DiagnosisRecord
from .fakes_device import FaultyDevice, compare_all, sound
from .fakes_front_end import SCALE, SETTINGS, ZERO
from .finding import Finding

Explain = Callable[..., list[Finding]]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """31 frames of 16 bands, a window every 7 columns, a hop of 128 samples at 8 kHz; a score and a logit of 'bird'."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "small", sample_values("sigmoid"))


@pytest.fixture(scope="session")
def front_end() -> FrontEnd:
    """That bundle's."""
    return FrontEnd(SETTINGS, SCALE, ZERO)


@pytest.fixture(scope="session", params=["softmax", "sigmoid"])
def model_bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Five classes at 16 kHz, then one at 8 kHz; scores and logits."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / request.param, sample_values(request.param))


@pytest.fixture(scope="session")
def fresh(model_bundle: Bundle) -> Callable[[], Interpreter]:
    """Makes the bundle's model anew."""
    return lambda: ReferenceInterpreter(model_bundle.model_bytes, model_bundle.model)


@pytest.fixture(scope="session")
def record_of(model_bundle: Bundle, fresh: Callable[[], Interpreter]) -> Callable[..., DiagnosisRecord]:
    """Compares three files on a device with faults, given by stage."""
    rate = model_bundle.settings.sample_rate
    files = [sound(rate, 1, 4), sound(rate, 2, 4), sound(rate, 3, 3)]

    def record(**stages: object) -> DiagnosisRecord:
        return compare_all(FaultyDevice(model_bundle, fresh, **stages), files)  # type: ignore[arg-type]

    return record


@pytest.fixture(scope="session")
def explain(record_of: Callable[..., DiagnosisRecord]) -> Explain:
    """The findings about a device with faults, given by stage."""
    return lambda **stages: diagnose(record_of(**stages))
