#!/usr/bin/env python3
"""Sets the project up on a fresh machine and runs it; when everything is in place it only runs it.

    python3 tools/run.py hil [PATH ...]    the main job: stream WAV files through the firmware, compare, report
    python3 tools/run.py test [...]        all tests; with arguments, pytest with those arguments
    python3 tools/run.py test --fast       the tests that take no long time, within a minute
    python3 tools/run.py test --coverage   all tests, and which lines of host/ none of them ran
    python3 tools/run.py setup [GROUP ...] set up only: everything, or the core and these groups of requirements.txt
    python3 tools/run.py COMMAND [...]     any other command of `python -m host`; `... COMMAND --help` explains it

Set-up makes the virtual environment .venv with what requirements.txt pins: its core, and the groups that a command
needs, such as TensorFlow for `train`, when one is first used. It runs again when that file changes.

Needs Python 3.10 to 3.12 somewhere on the machine (what the reference kernels run on; it is looked for, HIL_PYTHON
names one) and, for firmware, a C compiler. This file uses the standard library only, and only what any
Python 3 can read, so that an unfitting Python gets an answer instead of a syntax error.

Exit codes: those of the command; 2 when it could not be started.
"""

import contextlib
import glob
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
REQUIREMENTS = os.path.join(ROOT, "requirements.txt")
WORK = os.path.join(ROOT, ".pio")  # lock and log, beside what else is built and never committed
LOG = os.path.join(WORK, "setup.log")
COVERAGE = os.path.join(WORK, "coverage")  # pages that show which lines no test ran
STAMP = os.path.join(VENV, "hil-setup.json")  # written last: without it the set-up was not finished
MADE = os.path.join(VENV, "hil-made")  # written first: this script made the folder and may remove it

WINDOWS = os.name == "nt"
VENV_PYTHON = os.path.join(VENV, "Scripts", "python.exe") if WINDOWS else os.path.join(VENV, "bin", "python")

FITTING = ((3, 12), (3, 11), (3, 10))
COULD_NOT_RUN = 2
NEED_COMPILER = ("hil", "run", "test")

SERIAL_MARK = "pytest.mark.serial"
CORE = "core"
LISTEN, TRAIN, CHECK, DEV = "listen", "train", "check", "dev"
EVERYTHING = (CORE, LISTEN, TRAIN, CHECK, DEV)
NEEDED = {  # beside the core
    "test": (LISTEN, TRAIN, CHECK, DEV),
    "listen": (LISTEN,),
    "train": (TRAIN,),
    "qat": (TRAIN,),
    "convert": (TRAIN,),
    "compare": (TRAIN,),
    "pipeline": (TRAIN,),
}


class SetupError(Exception):
    """What stands in the way, and what to do about it."""

    def __init__(self, cause, cure):
        Exception.__init__(self, cause + "\n  \u2192 " + cure)


def main(arguments):
    """Do what the arguments say; returns the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0 if arguments else COULD_NOT_RUN
    command = arguments[0]
    try:
        if command in NEED_COMPILER:
            require_compiler()
        set_up(groups_of(command, arguments[1:]))
    except SetupError as error:
        say("error: " + str(error))
        return COULD_NOT_RUN
    except OSError as error:
        say(
            "error: the set-up stopped: %s\n  \u2192 make the project's folder writable and free some space"
            % error
        )
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        say("\nInterrupted; the next run takes the set-up up again.")
        return COULD_NOT_RUN
    if command == "setup":
        print("Ready: " + VENV_PYTHON)
        return 0
    if command == "test":
        return test(arguments[1:])
    # Commands that messages name can then be pasted: only this script knows the environment.
    os.environ.setdefault("HIL_PROGRAM", called())
    return run("-m", "host", *with_board(arguments))


def called():
    """How this script is called from where the user is."""
    if WINDOWS:
        return "py " + subprocess.list2cmdline([sys.argv[0]])
    return "python3 " + shlex.quote(sys.argv[0])


def with_board(arguments):
    """The arguments of `hil`, with the virtual board where none is named: what this script runs needs no board."""
    if arguments[0] not in ("hil", "run") or names_board(arguments):
        return arguments
    return [arguments[0], "--board", "virtual", *arguments[1:]]


def names_board(arguments):
    """Whether arguments or environment say which board."""
    options = ("--board", "--port", "--image", "--hil-board", "--hil-port", "--hil-image", "-p/", "-pCOM")
    named = any(name == "-p" or name.startswith(options) for name in arguments)
    return named or any(os.environ.get(name) for name in ("HIL_PORT", "HIL_BOARD"))


def run(*arguments):
    """Run the environment's Python and return its exit code."""
    # Our packages are found by this, not by changing the folder: the user's relative paths keep their meaning.
    environment = dict(os.environ, PYTHONPATH=ROOT)
    # Containers set this; here it would have every run compile all that it imports, for seconds.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([VENV_PYTHON, *arguments], env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the child got it too, and says what it ended with


def test(arguments):
    """Run pytest: everything, shared out over the processors, when nothing more is said."""
    os.chdir(ROOT)
    fast, coverage = "--fast" in arguments, "--coverage" in arguments
    more = [argument for argument in arguments if argument not in ("--fast", "--coverage")]
    if not names_board(arguments):
        more = [*more, "--hil-board", "virtual"]
    if coverage:
        more = ["--cov", "--cov-report=term", "--cov-report=html:" + COVERAGE, *more]
    # One more than processors: many tests wait, for a line or a limit in time.
    shared = ["-n", str(min((os.cpu_count() or 1) + 1, 8)), "--dist", "loadfile", "--no-loadscope-reorder"]
    if fast:
        return run("-m", "pytest", "-m", "not slow and not serial", *shared, *more)
    if arguments and not coverage:
        return run("-m", "pytest", *more)
    # Tests that measure time come first and alone. 5: there was none.
    alone = run("-m", "pytest", "-m", "serial", "-q", *more, *serial_files())
    rest = run("-m", "pytest", "-m", "not serial", *shared, *more, *(["--cov-append"] if coverage else []))
    return rest or (0 if alone == 5 else alone)


def serial_files():
    """The files with tests that measure time: importing all others to find these takes longer than some of them."""
    found = []
    for folder in ("hil_tests", "host", "tools"):
        for path in sorted(glob.glob(os.path.join(folder, "**", "test_*.py"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                if SERIAL_MARK in file.read():
                    found.append(path)
    return found


# --- set-up -------------------------------------------------------------------------------------------------------


def groups_of(command, arguments):
    """The groups of requirements.txt that a command needs."""
    if command != "setup":
        return (CORE, *NEEDED.get(command, ()))
    unknown = [name for name in arguments if name not in EVERYTHING]
    if unknown:
        raise SetupError("there is no group %s" % unknown[0], "name one of: " + ", ".join(EVERYTHING))
    return (CORE, *arguments) if arguments else EVERYTHING


def set_up(groups):
    """Make .venv fit for use with these groups of packages; returns at once when it is."""
    if is_ready(groups):
        return
    with lock(os.path.join(WORK, "setup.lock")):
        if is_ready(groups):  # another run did it meanwhile
            return
        start = time.time()
        make_environment()
        # what was there stays: an environment only grows, until requirements.txt changes
        wanted = [name for name in EVERYTHING if name in groups or name in stamped().get("groups", ())]
        install(wanted)
        write(STAMP, json.dumps(dict(state(), groups=wanted)))
        say("Set up in %.0f s." % (time.time() - start))


def stamped():
    """What the last set-up left in .venv; empty when none was finished."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(groups):
    """Whether .venv holds what requirements.txt says for these groups, judged without starting anything."""
    stamp = stamped()
    has = stamp.pop("groups", [])
    return os.path.exists(VENV_PYTHON) and stamp == state() and set(groups) <= set(has)


def state():
    """What .venv depends on: the pinned packages, its version, and the Python behind it, which may be upgraded."""
    with open(REQUIREMENTS, "rb") as file:
        requirements = hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()
    return {
        "requirements": requirements,
        "version": environment_version(),
        "python": os.path.realpath(VENV_PYTHON),
    }


def environment_version():
    """The Python version of .venv as its own description gives it, "" when there is none."""
    try:
        with open(os.path.join(VENV, "pyvenv.cfg"), encoding="utf-8") as file:
            found = re.search(r"^version(?:_info)?\s*=\s*([\d.]+)", file.read(), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def make_environment():
    """Leave a .venv in which to install: the one that is there when it is sound, a new one otherwise."""
    if os.path.lexists(VENV) and not reusable_environment():
        if not (os.path.exists(MADE) or os.path.exists(STAMP)):
            raise SetupError(
                "the folder %s is there, was not made by this script, and has no Python 3.10 to 3.12" % VENV,
                "move it away or delete it, and run this again",
            )
        say("Removing the unfinished or broken environment in .venv")
        remove_environment()
    if os.path.lexists(VENV):
        return
    python = find_python()
    say("Making the environment .venv with %s" % python)
    os.makedirs(VENV)
    write(MADE, "")
    done = subprocess.run([python, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        text = done.stdout.decode("utf-8", "replace").strip()
        remove_environment()
        raise SetupError("%s cannot make a virtual environment:\n%s" % (python, indented(text)), VENV_CURE)


def reusable_environment():
    """Whether packages can be installed into the .venv that is there.

    One that this script began and did not finish is not: a package half written would look like an installed one.
    """
    if os.path.exists(MADE) and not os.path.exists(STAMP):
        return False
    found = describe(VENV_PYTHON)
    # After an upgrade of the system's Python the packages may belong to the one before.
    return fits(found) and environment_version().startswith("%d.%d" % found["version"])


def remove_environment():
    """Delete .venv.

    Raises:
        SetupError: some of it is in use.
    """
    try:
        shutil.rmtree(VENV)
    except OSError as error:
        cure = "end the programs that use it, delete it, and run this again"
        raise SetupError("cannot remove %s: %s" % (VENV, error), cure) from error


# --- the Python to make it from --------------------------------------------------------------------------------------

DESCRIBE = """
import json, platform, struct, sys
try:
    import ensurepip, venv
    complete = True
except ImportError:
    complete = False
print(json.dumps([sys.version_info[:2], struct.calcsize("P") * 8, platform.machine(), complete]))
"""

VENV_CURE = (
    "install the missing part (Debian, Ubuntu: `sudo apt install python3-venv`), or name another Python in the "
    "variable HIL_PYTHON"
)


def find_python():
    """The first complete Python 3.10 to 3.12: HIL_PYTHON's, the running one, or one found on the machine."""
    named = os.environ.get("HIL_PYTHON")
    if named:
        found = describe(named)
        if found is None:
            raise SetupError(
                "HIL_PYTHON names %s, which does not run" % named, "name a Python 3.10 to 3.12, or unset it"
            )
        if not fits(found):
            raise SetupError(
                "HIL_PYTHON names %s, which is %s" % (named, described(found)),
                "name a 64-bit Python 3.10 to 3.12",
            )
        return named
    incomplete = None
    for candidate in candidates():
        found = describe(candidate)
        if not fits(found):
            continue
        if found["complete"]:
            return candidate
        incomplete = incomplete or candidate
    if incomplete:
        raise SetupError("%s has no venv and ensurepip modules" % incomplete, VENV_CURE)
    running = described(describe(sys.executable)) or platform.python_version()
    raise SetupError(
        "no Python 3.10, 3.11 or 3.12 (64-bit) found; this one is %s, and the reference kernels have no build for it"
        % running,
        python_cure(),
    )


def candidates():
    """Commands that may be a fitting Python, the likeliest first."""
    yield sys.executable
    names = ["python%d.%d" % version for version in FITTING]
    for name in [*names, "python3", "python"]:
        found = shutil.which(name)
        if found:
            yield found
    if WINDOWS:
        for folder in ("LOCALAPPDATA", "ProgramFiles"):
            base = os.environ.get(folder, "")
            for version in FITTING:
                for below in (("Programs", "Python"), ()):
                    yield os.path.join(base, *below, "Python%d%d" % version, "python.exe")
        return
    for version in FITTING:  # version managers keep them off the search path
        number = "%d.%d" % version
        for pattern in (
            "~/.pyenv/versions/" + number + "*/bin/python",
            "~/.local/share/uv/python/cpython-" + number + "*/bin/python3",
            "~/.asdf/installs/python/" + number + "*/bin/python",
            "/opt/homebrew/opt/python@" + number + "/bin/python" + number,
            "/usr/local/opt/python@" + number + "/bin/python" + number,
            "/Library/Frameworks/Python.framework/Versions/" + number + "/bin/python3",
        ):
            for path in sorted(glob.glob(os.path.expanduser(pattern)), reverse=True):
                yield path


def describe(python):
    """What the Python behind a command says about itself, None when it does not run."""
    try:
        output = subprocess.check_output(
            [python, "-c", DESCRIBE], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=30
        )
        version, bits, machine, complete = json.loads(output.decode("utf-8"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return {"version": tuple(version), "bits": bits, "machine": machine, "complete": complete}


def described(found):
    """What `describe` gave, for a message."""
    if found is None:
        return ""
    return "%d.%d, %d-bit" % (found["version"][0], found["version"][1], found["bits"])


def fits(found):
    """Whether the reference kernels run on a Python that `describe` described."""
    return found is not None and found["version"] in FITTING and found["bits"] == 64


def python_cure():
    """How to get a fitting Python on this system."""
    if sys.platform == "darwin":
        how = "`brew install python@3.12`, or the installer from python.org"
    elif WINDOWS:
        how = "`winget install Python.Python.3.12`, or the 64-bit installer from python.org"
    else:
        how = "e.g. `sudo apt install python3.12-venv`, `sudo dnf install python3.12` or `uv python install 3.12`"
    return "install one beside it (%s), run this again, or name one in the variable HIL_PYTHON" % how


# --- the compiler ----------------------------------------------------------------------------------------------------


def require_compiler():
    """Say early, before minutes of downloads, that firmware cannot be built here."""
    chosen = os.environ.get("CC")
    names = [chosen] if chosen else ["cc", "gcc", "clang"]
    usable = any(shutil.which(name) for name in names)
    if usable and sys.platform == "darwin" and not chosen:
        # macOS has a /usr/bin/cc that only offers to install the real one.
        usable = (
            subprocess.call(["xcode-select", "-p"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        )
    if usable:
        return
    if WINDOWS:
        cure = "install a GCC such as MSYS2's mingw-w64-gcc and put its bin folder on PATH"
    elif sys.platform == "darwin":
        cure = "install Apple's with `xcode-select --install`"
    else:
        cure = "install one, e.g. `sudo apt install gcc libc6-dev` or `sudo dnf install gcc`"
    raise SetupError(
        "no C compiler found (looked on the search path for %s)" % ", ".join(names),
        cure + ", or name yours in the variable CC",
    )


# --- the packages ----------------------------------------------------------------------------------------------------


def pinned(groups):
    """The lines of requirements.txt that belong to these groups.

    Raises:
        SetupError: one of them has no heading there.
    """
    found, group = {}, ""
    with open(REQUIREMENTS, encoding="utf-8") as file:
        for line in file:
            heading = re.match(r"# \[(\w+)\]", line)
            if heading:
                group = heading.group(1)
                found[group] = []
            elif line.strip() and not line.startswith("#") and group:
                found[group].append(line.strip())
    missing = [name for name in groups if name not in found]
    if missing:
        raise SetupError(
            "requirements.txt has no heading `# [%s]`" % missing[0], "take the file as the project has it"
        )
    return [line for name in groups for line in found[name]]


def install(groups):
    """Install groups of requirements.txt into .venv, showing what pip is at; its whole output goes into a log."""
    packages = pinned(groups)
    if not packages:
        return
    size = "700 MB; minutes" if TRAIN in groups else "80 MB"
    say("Installing %s of requirements.txt (some %s on the first set-up)" % (", ".join(groups), size))
    environment = dict(os.environ, PYTHONIOENCODING="utf-8")
    environment.setdefault("PIP_RETRIES", "3")
    command = [
        VENV_PYTHON,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--no-compile",  # most of it is never imported; Python compiles what is
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    with open(LOG, "w", encoding="utf-8") as log, Progress() as progress:
        process = subprocess.Popen(
            [*command, *packages],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                if line.startswith("Installing collected") and os.path.exists(STAMP):
                    os.remove(
                        STAMP
                    )  # only from here on does pip change the environment; a failed look-up leaves it whole
                log.write(line + "\n")
                progress.show(line)
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if code != 0:
        with open(LOG, encoding="utf-8") as log:
            raise install_error(log.read())


class Progress:
    """One line that tells what pip is doing; on anything but a terminal, a line every ten seconds."""

    EVERY_S = 10.0

    def __init__(self):
        self.terminal = sys.stderr.isatty()
        self.seen = 0
        self.shown_at = 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def show(self, line):
        """Take in a line of pip's output."""
        text = line.strip()
        if not text.startswith(
            ("Collecting ", "Processing ", "Downloading ", "Building ", "Installing collected")
        ):
            return
        if text.startswith(("Collecting ", "Processing ")):
            self.seen += 1
        if text.startswith("Installing collected"):
            text = "installing %d packages" % (text.count(",") + 1)
        elif not self.terminal and time.time() - self.shown_at < self.EVERY_S:
            return
        self.shown_at = time.time()
        text = re.sub(r"https?://\S*/", "", text)
        text = "  %3d  %s" % (self.seen, re.sub(r" \(from .*", "", text))
        if self.terminal:
            sys.stderr.write("\r\033[K" + text[: max(20, shutil.get_terminal_size().columns - 1)])
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()


UNREACHABLE = (
    "NewConnectionError",
    "Connection refused",
    "ConnectTimeoutError",
    "Name or service not known",
    "Temporary failure in name resolution",
    "nodename nor servname",
    "getaddrinfo failed",
    "Network is unreachable",
    "ReadTimeoutError",
    "ProxyError",
    "Connection broken",
    "Max retries exceeded",
)


def install_error(output):
    """The error that pip's output amounts to: cause, last lines, cure."""
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-8:]
    tail = indented("\n".join(errors[-8:]))
    log = os.path.relpath(LOG, os.getcwd()) if not WINDOWS else LOG
    again = "; then run this again. The whole output: %s" % log
    if "No space left on device" in output or "Errno 28" in output:
        return SetupError(
            "the disk is full:\n" + tail,
            "free some space where the project lies (`hil` needs 0.3 GB, training and tests 4 GB)" + again,
        )
    if "CERTIFICATE_VERIFY_FAILED" in output or "SSLError" in output:
        return SetupError(
            "the package index could not be trusted (TLS):\n" + tail,
            "check the computer's clock; behind a company proxy, name its certificate file in PIP_CERT"
            + again,
        )
    nothing_found = "No matching distribution found" in output or "Could not find a version" in output
    # A retried connection is only to blame when the index had nothing at all to offer.
    if any(sign in output for sign in UNREACHABLE) and (not nothing_found or "from versions: none" in output):
        return SetupError(
            "the package index could not be reached, and the first set-up needs it:\n" + tail,
            "connect to the Internet (behind a proxy, set HTTPS_PROXY), or name a mirror in PIP_INDEX_URL"
            + again,
        )
    if nothing_found:
        return SetupError(
            "a pinned package has no build for this computer:\n" + tail, no_build_cure() + again
        )
    return SetupError("pip could not install requirements.txt:\n" + tail, "fix what it names" + again)


def no_build_cure():
    """What to do where a pinned package has no build."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        return "TensorFlow 2.19 has no builds for Macs with Intel processors: use another computer"
    return (
        "TensorFlow 2.19 has builds for Linux with glibc (x86-64, ARM64), Windows (x86-64) and macOS 12 or later "
        "(Apple silicon); on one of these, the package index in use lacks it or is out of reach: see PIP_INDEX_URL"
    )


# --- small things ----------------------------------------------------------------------------------------------------


def say(text):
    """Tell the person in front of the terminal; the output is left to the command."""
    print(text, file=sys.stderr, flush=True)


def indented(text):
    """`text` as a quotation inside a message."""
    return "\n".join("  | " + line for line in text.splitlines())


def write(path, text):
    """Write a small text file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def lock(path):
    """Hold a lock against other runs of this script; the system drops it when this one ends."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a+b") as file:
        if WINDOWS:
            import msvcrt

            file.seek(0)
            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.5)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file drops the lock


if __name__ == "__main__":
    if sys.stdout.encoding and sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
        # Old consoles lack the arrow of our messages; better a question mark than a failure.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
