"""Uploading with esptool alone, as a program of its own (its licence is the GPL), whose words are explained."""

import importlib.util
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..link.protocol import BOOT_BAUD
from .flash_image import FlashImage, written_out
from .upload import UploadFailedError, check_uploadable, explain

UPLOAD_BAUD = 460_800
SILENCE_S = 60.0  # an erase of 16 MB takes about as long
KEPT_LINES = 60

Progress = Callable[[int, int], None]
_WRITING = re.compile(r"Writing at (0x[0-9a-fA-F]+)\b.*?(\d+(?:\.\d+)?) ?%")
_VERIFIED = re.compile(r"Hash of data verified")


def upload_image(
    image: FlashImage,
    port: str,
    baud: int | None,
    progress: Progress | None = None,
    silence_s: float = SILENCE_S,
    program: Sequence[str] | None = None,
) -> None:
    """Write a firmware into a board's flash and have every part's MD5 compared on the board.

    Args:
        image: checked before.
        port: device name, or a URL that esptool can open.
        baud: of the upload; None: fast.
        progress: called with (bytes written, bytes in all).
        silence_s: how long esptool may say nothing.
        program: esptool's command line; this Python's own when None.

    Raises:
        UploadFailedError: with what it means and esptool's last words.
    """
    check_uploadable(port)
    if program is None and importlib.util.find_spec("esptool") is None:
        raise UploadFailedError("esptool is not installed", "python -m pip install -r requirements.txt")
    with (
        tempfile.TemporaryDirectory(prefix="hil-flash-") as folder,
        written_out(image, Path(folder)) as words,
    ):
        command = [*(program or (sys.executable, "-m", "esptool")), "--chip", image.chip, "--port", port]
        command += ["--baud", str(baud or UPLOAD_BAUD), "--before", "default-reset", "--after", "hard-reset"]
        run = _Run([*command, "write-flash", *words], folder)
        try:
            verified = _follow(run, image, port, progress, silence_s)
        finally:
            run.end()
        code = run.process.returncode
    if code != 0:
        raise _failed(run, port, f"esptool ended with code {code}")
    if verified < len(image.parts):
        raise _failed(run, port, f"esptool verified {verified} of {len(image.parts)} parts")


class _Run:
    """esptool's process, its lines in a queue."""

    def __init__(self, command: list[str], folder: str) -> None:
        self.said: list[str] = []
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        # Words instead of colours and an animation, in lines that are not folded; no settings file from elsewhere.
        environment = {
            **os.environ,
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "TERM": "dumb",
            "PYTHONUNBUFFERED": "1",
        }
        environment["ESPTOOL_CFGFILE"] = str(Path(folder) / "none.cfg")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
        threading.Thread(target=self._read, name="esptool", daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def keep(self, line: str) -> None:
        """Remember what may be shown later; progress is not."""
        text = line.strip()
        if text and not _WRITING.search(text):
            self.said = [*self.said[1 - KEPT_LINES :], text]

    def end(self) -> None:
        """Stop it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def _follow(run: _Run, image: FlashImage, port: str, progress: Progress | None, silence_s: float) -> int:
    """Wait for its end; returns how many parts it verified."""
    verified = 0
    last = time.monotonic()
    while True:
        try:
            line = run.lines.get(timeout=max(0.01, last + silence_s - time.monotonic()))
        except queue.Empty:
            raise _failed(
                run, port, f"esptool said nothing for {silence_s:.0f} s", "the line to the board stopped"
            ) from None
        if line is None:
            run.process.wait()
            return verified
        last = time.monotonic()
        run.keep(line)
        verified += bool(_VERIFIED.search(line))
        found = _WRITING.search(line)
        if found and progress is not None:
            progress(_written(image, int(found[1], 16), float(found[2])), image.size)


def _written(image: FlashImage, address: int, percent: float) -> int:
    """Bytes written of all parts, as esptool counts within one of them."""
    before = 0
    for part in image.parts:
        if part.offset <= address <= part.end:
            return before + round(len(part.data) * min(percent, 100.0) / 100)
        before += len(part.data)
    return before


def _failed(run: _Run, port: str, what: str, cause: str | None = None) -> UploadFailedError:
    output = "\n".join(f"  | {line}" for line in run.said[-15:])
    known = explain("\n".join(run.said), port)
    if known is None and cause is not None:
        known = (
            f"{cause} at {port}",
            f"reset the board, try again with a better cable, or slower: --upload-baud {BOOT_BAUD}",
        )
    told, cure = known or (
        f"esptool could not write the firmware to {port}",
        "read what it said, hold the board's BOOT button while the upload starts, and try again",
    )
    return UploadFailedError(f"{told} ({what})\n{output}".rstrip(), cure)
