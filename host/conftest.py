"""Settings of the host's tests, and the order of all tests."""

import os
import sys

import pytest
from hypothesis import Phase, settings

# Whichever test loads TensorFlow first: training needs the Keras that tf-keras is.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

# For test_sanitized_core.py, which runs the tests of the C core a second time on a slow build.
settings.register_profile("sanitized", max_examples=25, deadline=None)

# For tools/mutants.py: the same examples for every mutant, and none is looked for that is smaller.
settings.register_profile(
    "mutants", max_examples=30, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)

# No time limit for an example: the first one may build the C core, and machines are busy at times.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


# No test's run belongs into the history of who runs it; those of the history name their own.
os.environ["HIL_HISTORY"] = "off"


@pytest.fixture(autouse=True)
def _no_answers_explained(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices made up answer wrongly in many tests: only what is about it looks for the code that does."""
    run = sys.modules.get("host.comparison.run")
    if run is not None and request.node.get_closest_marker("explains_answers") is None:
        monkeypatch.setattr(run, "heard_of", lambda _: [])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first. One that is begun last leaves the other processors without work."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)
