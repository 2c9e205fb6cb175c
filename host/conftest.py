"""Settings of the host's tests."""

from hypothesis import settings

# For test_sanitized_core.py, which runs the tests of the C core a second time on a slow build.
settings.register_profile("sanitized", max_examples=25, deadline=None)

# No time limit for an example: the first one may build the C core, and machines are busy at times.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
