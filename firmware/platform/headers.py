"""Pre-build script of every environment: generates the headers into <build folder>/generated.

What is generated says the environment's option `custom_headers`:
  bundle    everything a firmware needs, from the bundle that the variable HIL_BUNDLE names (default models/default)
  messages  the link's messages only, for the core as a library, which knows no bundle
The generator rewrites only what changed, so an unchanged bundle recompiles nothing.
"""

import os
import subprocess
import sys

Import("env")  # noqa: F821  SCons gives this name to its scripts

DEFAULT_BUNDLE = os.path.join("models", "default")
MESSAGES = """
import sys
from pathlib import Path
from host.files import write_if_changed
from host.build.messages_header import messages_header
write_if_changed(Path(sys.argv[1]) / "messages.h", messages_header())
"""


def generator(env, out):
    """The command that writes the headers of this environment into `out`."""
    python = env.subst("$PYTHONEXE")
    os.environ.setdefault("HIL_PYTHON", python)  # for CMake, which ESP-IDF runs with a Python of its own
    if env.GetProjectOption("custom_headers", "bundle") == "messages":
        return [python, "-c", MESSAGES, out]
    bundle = os.environ.get("HIL_BUNDLE") or os.path.join(env.subst("$PROJECT_DIR"), DEFAULT_BUNDLE)
    script = os.path.join(env.subst("$PROJECT_DIR"), "firmware", "platform", "generate_headers.py")
    return [python, script, "--bundle", os.path.abspath(bundle), "--out", os.path.abspath(out)]


def generate(env):
    """Write the headers for this build, and end the build where that fails."""
    out = os.path.join(env.subst("$BUILD_DIR"), "generated")
    os.makedirs(out, exist_ok=True)
    done = subprocess.run(
        generator(env, out),
        cwd=env.subst("$PROJECT_DIR"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        sys.stderr.write("error: the headers could not be generated\n" + done.stdout)
        env.Exit(1)
    env.Prepend(CPPPATH=[out])


if not env.IsCleanTarget():  # noqa: F821
    generate(env)  # noqa: F821
