"""A checkout is not installed: its plugin is loaded here, and an installed one is kept out (pyproject.toml)."""

pytest_plugins = ["host.testing.plugin"]
