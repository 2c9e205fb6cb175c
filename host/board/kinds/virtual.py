"""The virtual board: the firmware as a process on this computer, with its inference process beside it."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ... import __version__
from ...build.firmware import build_firmware
from ...errors import HilError
from ...line.port import SerialPort, TcpPort, open_port
from ...link.messages import Capability, ResetReason
from ...model.engine_faults import ModelFault
from ...model.spare import board_server, start_server
from ..choice import BoardChoice
from ..interface import EMULATOR_PATIENCE_S, BoardFacts, BoardKind
from .fatal_places import places_told

ENVIRONMENT_VARIABLE = "HIL_VIRTUAL_ENV"  # another build of the virtual board: virtual_sanitize
PROCESS_ADVICE = "see what `python -m host board` says, as the virtual board should not end by itself"
START_TIMEOUT_S = (
    180.0  # the import of an interpreter took more than a minute on a computer with thirty other jobs
)
STARVED_S = 60.0  # that a process may read nothing on a busy computer; one that has ended is seen at once
ENDED_S = 2.0  # from the end of its line to that of its process
SIGNALS_MEAN = {
    "SIGSEGV": ": it read or wrote memory that is not its own",
    "SIGBUS": ": it read or wrote memory that is not there",
    "SIGFPE": ": it divided by zero",
    "SIGILL": ": it ran into what is no code",
    "SIGABRT": ": it found its memory spoilt, or what must hold did not",
    "SIGTRAP": ": it ran into what is no code",
}
PSEUDO_TERMINALS = sys.platform != "win32"
CLOCK_HZ = 1_000_000_000
MAX_BANDS = 128  # CORE_MAX_BANDS, which no target of this computer changes
SLOT_BYTES = 0x40000 // 2 - 4096  # half of what flash_file.c has, less the sector of a record
CAPABILITIES = (  # of every virtual board
    Capability.VIRTUAL_TIME
    | Capability.PROOF
    | Capability.BUILD
    | Capability.SLOT
    | Capability.TRIAL
    | Capability.DETECTORS
    | Capability.STAGES
)


@dataclass(frozen=True)
class VirtualOptions:
    """How a virtual board behaves.

    Attributes:
        tcp: whether its plug is a TCP port instead of a pseudo-terminal.
        tcp_port: which one; 0 takes any that is free.
        baud: speed of the line; 0 is as fast as it goes.
        damage: share of frames damaged in each direction, 0 to 1.
        seed: of the damage.
        inference: False makes a board that computes features only.
        flash: file that keeps the model slot from run to run; None forgets it.
        microphone: raw 16-bit little-endian mono samples at the bundle's rate; None is a board without microphone.
        microphone_speed: how much faster than real time it plays.
        fault: a model whose kernels are wrong on this board.
        faults: what else is wrong on purpose: `op=3,cell=17,add=1` and others of `model/op_fault.py`;
            `stage=mel,band=12,add=1`, with `every=N` for each Nth column.
        arena: bytes for tensors; 0 is as many as any model needs.
    """

    tcp: bool = not PSEUDO_TERMINALS
    tcp_port: int = 0
    baud: int = 0
    damage: float = 0.0
    seed: int = 1
    inference: bool = True
    flash: Path | None = None
    microphone: Path | None = None
    microphone_speed: int = 1
    fault: ModelFault | None = None
    arena: int = 0
    faults: tuple[str, ...] = ()

    @property
    def stage_faults(self) -> list[str]:
        """Those of the front end; the others are the model's."""
        return [fault for fault in self.faults if fault.startswith("stage=")]

    @property
    def model_faults(self) -> list[str]:
        """Words for the inference process."""
        words = [fault for fault in self.faults if not fault.startswith("stage=")]
        return words + (self.fault.words() if self.fault is not None else [])

    def arguments(self) -> list[str]:
        """The firmware's command line."""
        words = [
            "--baud",
            str(self.baud),
            "--damage-ppm",
            str(round(self.damage * 1e6)),
            "--seed",
            str(self.seed),
            "--parent",
            str(os.getpid()),
        ]
        if self.tcp:
            words += ["--tcp", str(self.tcp_port)]
        if self.inference:
            words.append("--inference")
        if self.flash is not None:
            words += ["--flash", str(self.flash)]
        for fault in self.stage_faults:
            words += ["--fault", fault]
        if self.microphone is not None:
            words += ["--microphone", str(self.microphone), "--microphone-speed", str(self.microphone_speed)]
        return words


class VirtualBoard:
    """One virtual board. Its process starts with the first `open` and ends with `close`.

    Args:
        program: the firmware, built for this computer.
        options: how it behaves.
    """

    kind = "virtual"
    # Its time is this computer's, which may be busy: it loads its model after its plug is there.
    patience_s = EMULATOR_PATIENCE_S
    emulated = False  # the firmware itself says that its time is this computer's
    negotiates_rate = False  # its line is throttled to a rate, or not at all
    elf: Path | None = None

    def __init__(self, program: Path, options: VirtualOptions | None = None) -> None:
        self.options = options or VirtualOptions()
        self.description = "the firmware on this computer"
        self.log: list[str] = []
        self.program = program
        self._firmware: subprocess.Popen[bytes] | None = None
        self._inference: subprocess.Popen[bytes] | None = None
        self._port: SerialPort | TcpPort | None = None
        self._says: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.url = ""

    @property
    def facts(self) -> BoardFacts:
        """See `Known`; as it tells them before anybody restarts it."""
        options = self.options
        capabilities = CAPABILITIES
        capabilities |= Capability.MICROPHONE if options.microphone is not None else Capability(0)
        capabilities |= Capability.BAUD if options.baud else Capability(0)
        capabilities |= Capability.TRACE | Capability.REPLAY if options.inference else Capability(0)
        info: dict[str, object] = {
            "board": self.kind,
            "chip": "computer",
            "firmware_version": __version__,
            "clock_hz": CLOCK_HZ,
            "slot_size": SLOT_BYTES,
            "max_bands": MAX_BANDS,
            "reset_reason": ResetReason.POWER_ON,
        }
        if options.flash is None:
            info["bundle_source"] = 0
        # a throttled line would make images in the slot a matter of seconds
        throwaway = options.flash is None and not options.baud
        return BoardFacts(info, capabilities, throwaway, exact_line=True)

    def start(self) -> str:
        """Start the board unless it runs, and return the URL of its plug.

        Raises:
            HilError: the program does not start.
        """
        if self._firmware is not None and self._firmware.poll() is None:
            return self.url
        self._stop_processes()
        self._says = queue.SimpleQueue()
        stdin: int | None = subprocess.DEVNULL
        stdout: int | None = subprocess.DEVNULL
        if self.options.inference:
            server = board_server(self.options.arena, self.options.model_faults)
            self._inference = start_server(server, heard=True)
            assert self._inference.stdin is not None and self._inference.stdout is not None
            stdin, stdout = self._inference.stdout.fileno(), self._inference.stdin.fileno()
            self._listen(self._inference, "inference process")
        try:
            self._firmware = subprocess.Popen(
                [str(self.program), *self.options.arguments()],
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            self._stop_processes()
            raise HilError(
                f"the virtual board's program {self.program} does not start: {error}",
                "build it: `pio run -e virtual`",
            ) from error
        finally:
            if (
                self._inference is not None
            ):  # the two talk to each other; an open end here would hide a hang-up
                assert self._inference.stdin is not None and self._inference.stdout is not None
                self._inference.stdin.close()
                self._inference.stdout.close()
        self._listen(self._firmware, "firmware")
        self.url = self._wait_for_port()
        return self.url

    def _listen(self, process: subprocess.Popen[bytes], name: str) -> None:
        says = self._says  # this start's own: a process that ends late must not speak for the next one

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                says.put(line.decode("utf-8", "replace").rstrip())
            says.put(None)

        threading.Thread(target=read, name=f"stderr of {name}", daemon=True).start()

    def _wait_for_port(self) -> str:
        while True:
            try:
                line = self._says.get(timeout=START_TIMEOUT_S)
            except queue.Empty:
                reason = f"it was silent for {START_TIMEOUT_S:.0f} s"
                break
            if line is None:
                reason = "\n".join(self.log[-10:]) or "it ended without a word"
                break
            if line.startswith("port "):
                return line.removeprefix("port ")
            if line.startswith("inference "):
                self.description = (
                    f"the firmware on this computer, model by {line.removeprefix('inference ')}"
                )
            self.log.append(line)
        self._stop_processes()
        raise HilError(f"the virtual board did not start: {reason}", "run `pio run -e virtual` and try again")

    def open(self) -> SerialPort | TcpPort:
        """See `Board.open`."""
        if self._port is not None:
            self._port.close()
        self._port = open_port(self.start(), advice=PROCESS_ADVICE, write_s=STARVED_S)
        # A pseudo-terminal has no rate. Trying rates in turn, two seconds each, never waited for a starved board.
        self._port.has_rate = False
        self._port.ended = self._how_it_ended
        return self._port

    def _how_it_ended(self) -> str:
        """By which signal or exit code the firmware ended, in words; empty: it runs, or was never started."""
        if self._firmware is None:
            return ""
        try:
            code = self._firmware.wait(ENDED_S)
        except subprocess.TimeoutExpired:
            return ""
        if code >= 0:
            return f"its program ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        self.last_words()
        places = places_told(self.log, self.program)
        return f"its program was ended by signal {name}{SIGNALS_MEAN.get(name, '')}{places}"

    def wait(self) -> int:
        """Wait until the firmware ends by itself and return its exit code."""
        if self._firmware is None:
            raise HilError("the virtual board is not running", "open it first")
        return self._firmware.wait()

    def last_words(self) -> str:
        """What firmware and inference process said since the start, its end."""
        with contextlib.suppress(queue.Empty):
            while True:
                line = self._says.get(timeout=0.2)  # what is still on its way
                if line:
                    self.log.append(line)
        return "\n".join(self.log[-10:])

    def press_reset(self) -> None:
        """Reset the board in whatever it is doing: nothing survives but its flash."""
        if not hasattr(signal, "SIGUSR1"):
            raise HilError("a virtual board on Windows has no reset button", "reset it over the link")
        self._signal(signal.SIGUSR1)

    def kill(self) -> None:
        """Pull the plug: the board is gone at once, in whatever it was doing. `open` starts it anew."""
        if self._firmware is not None:
            self._firmware.kill()
            self._firmware.wait()

    def _signal(self, number: int) -> None:
        if self._firmware is None or self._firmware.poll() is not None:
            raise HilError("the virtual board is not running", "open it first")
        os.kill(self._firmware.pid, number)

    def _stop_processes(self) -> None:
        for process in (self._firmware, self._inference):
            if process is None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self._firmware = self._inference = None

    def close(self) -> None:
        """See `Board.close`."""
        if self._port is not None:
            self._port.close()
            self._port = None
        self._stop_processes()


def virtual_program(bundle_dir: Path) -> Path:
    """The virtual board's program for a bundle, built when that is needed.

    Raises:
        HilError: it cannot be built.
    """
    return build_firmware(os.environ.get(ENVIRONMENT_VARIABLE, "virtual"), bundle_dir)


def _make(choice: BoardChoice, bundle_dir: Path) -> VirtualBoard:
    options = VirtualOptions(
        tcp=choice.tcp or not PSEUDO_TERMINALS,
        baud=choice.baud or 0,
        damage=choice.damage,
        seed=choice.seed,
        microphone=choice.microphone,
        flash=choice.flash,
    )
    return VirtualBoard(virtual_program(bundle_dir), options)


KIND = BoardKind(
    "virtual",
    _make,
    takes_port=False,
    needs_port=False,
    made_here=True,
    microphone_cure="give it one to play: --microphone FILE.wav",
)
