"""The device under test, as tests of other repositories ask for it."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from ..audio.find import find_audio
from ..audio.source import AudioSource
from ..board.device import Device
from ..bundle.load import Bundle
from ..comparison.device import DeviceUnderTest
from ..comparison.streaming import compare_file
from ..errors import HilError
from ..model.interpreter import Interpreter
from .compared import Recorded, Result

Interpreters = Callable[[], tuple[Interpreter, Interpreter | None]]


class HilDevice:
    """A board that answers and runs the bundle.

    Args:
        device: the connected board.
        bundle: the bundle in use.
        interpreters: gives the expected side and a witness, or None.
        folders: where relative paths may begin, the first that has the file.
        told: called with every result.

    Attributes:
        raw: the toolkit's own device, for everything that is not here.
    """

    def __init__(
        self,
        device: Device,
        bundle: Bundle,
        interpreters: Interpreters,
        folders: tuple[Path, ...],
        told: Callable[[Result], None],
    ) -> None:
        self.raw = device
        self._bundle, self._interpreters, self._folders, self._told = bundle, interpreters, folders, told

    def compare(self, path: str | Path, features_only: bool = False) -> Result:
        """Stream a sound file into the device and compare all that comes back with the host's own computation.

        Args:
            path: WAV or another format that libsndfile reads; relative to the folder that pytest was started in, or to
                its root.
            features_only: leave the model out.

        Raises:
            HilError: the file cannot be read, or the board failed.
        """
        source = AudioSource(self._found(Path(path)), self._bundle.settings.sample_rate)
        recorded = Recorded(self.raw)
        expected, witness = (None, None) if features_only else self._interpreters()
        for interpreter in (expected, witness):
            if interpreter is not None:
                interpreter.reset()
        found = compare_file(cast(DeviceUnderTest, recorded), self._bundle, source, expected, witness)
        result = Result(found, recorded.windows, self._bundle)
        self._told(result)
        return result

    def _found(self, path: Path) -> Path:
        places = [folder / path for folder in self._folders]  # an absolute path stays what it is
        for place in places:
            if place.is_file():
                return find_audio([place])[0]
        looked = " and ".join(dict.fromkeys(map(str, places)))
        raise HilError(f"there is no file {path} (looked for {looked})", "correct the path, or add the file")
