"""The one way from this suite to the toolkit, which is `host` in a checkout and `audiohil` when installed.

Type checkers read the imports below. A running suite looks each name up when it is first asked for, in the package that
this one lies in; in a checkout there is none, and `host` lies beside it.
"""

# ruff: noqa: F401 - read by type checkers, and by _modules
from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

PACKAGE = __package__.rpartition(".")[0] or "host"

if TYPE_CHECKING:
    from host import __version__
    from host.audio.find import find_audio
    from host.audio.source import AudioSource
    from host.board.audio_stream import audio_pieces
    from host.board.choice import BoardChoice
    from host.board.client import RequestRefusedError
    from host.board.connecting import connect
    from host.board.deploying import MISSING_KIND, MISSING_OP, NO_VARIABLES, DeployRefusedError
    from host.board.device import Device
    from host.board.identity import StaleFirmwareError, check_identity
    from host.board.interface import Board
    from host.board.kernels import KernelCrashError, kernels_of, refuse_crashes
    from host.board.kinds.qemu import QemuBoard
    from host.board.kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions
    from host.board.options import BOARD_OPTIONS, BUNDLE_OPTION
    from host.board.trial import Trial, TrialCrashedError, TrialFailedError, make_trial
    from host.bundle.expectation import TFLITE_MICRO, Expectation
    from host.bundle.image import bundle_image
    from host.bundle.load import Bundle, load_bundle
    from host.bundle.write import prepare_bundle, write_bundle
    from host.checkout import ROOT
    from host.cli import main
    from host.comparison.expected import Expected
    from host.comparison.file import FileComparison
    from host.comparison.interpreters import load_interpreters
    from host.comparison.proof import expected_proof
    from host.comparison.stimuli.kit import Kit, kit_for, long_stream
    from host.comparison.stimuli.outcome import StimuliRecord
    from host.comparison.stimuli.thorough import LONG_COLUMNS, MadeSound, Thorough
    from host.core.c_frontend import FrontEnd
    from host.detector.argmax import Argmax
    from host.detector.kinds import KINDS
    from host.detector.mean_window import MeanWindow
    from host.detector.n_of_m import NOfM
    from host.detector.settings import DetectorSettings
    from host.detector.threshold import Threshold
    from host.errors import HilError
    from host.frontend.rounding import quantised
    from host.line.connection import DeviceResetError, LinkError
    from host.line.port import PortError
    from host.link import messages
    from host.link.codec import Payload
    from host.link.rates import FAST_BAUD
    from host.making.corpus.endless import stream
    from host.model import micro
    from host.model.engine_faults import ModelFault
    from host.model.flatbuffer import root
    from host.model.inspect import inspect_model, with_layout
    from host.model.interpreter import Interpreter, each_alone
    from host.model.kernel_faults import known_faults
    from host.model.micro import MicroInterpreter, available
    from host.model.names import BUILTIN_OPS
    from host.model.reference import ReferenceInterpreter
    from host.model.samples import TESTDATA, sample_values
    from host.model.testdata.make_models import stream_model
    from host.model.testdata.wake_search import Heights, Surface, climb
    from host.model.tracer import PlainRunner, Run
    from host.model.worker import ModelWorker
    from host.testing.plugin import board_named, destination, facts_of
    from host.testing.shared_connection import Connected
    from host.trace.case_file import make_case
    from host.trace.op_by_op import TensorTrace
    from host.trace.replay import replay
    from host.trace.stages import trace_column
    from host.trace.window import passage_of, trace_window
    from host.trace.words import trace_sentence

_IMPORT = re.compile(r"^    from host((?:\.\w+)*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def _modules() -> dict[str, str]:
    """Where each name is, below the package: read off the imports above."""
    text = Path(__file__).read_text(encoding="utf-8")
    return {name: module for module, names in _IMPORT.findall(text) for name in re.findall(r"\w+", names)}


def __getattr__(name: str) -> Any:
    module = _modules().get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = import_module(PACKAGE + module)
    if not hasattr(found, name):  # a module below that package
        return import_module(f"{PACKAGE}{module}.{name}")
    return getattr(found, name)
