"""What goes between a run and its boards' processes: whole, in order, and the bundle once."""

import io
import pickle

import pytest

from ...bundle.load import Bundle
from .. import events as e
from ..file import FileComparison
from . import process_messages as s


def test_messages_come_back_in_order(bundle: Bundle) -> None:
    line = io.BytesIO()
    sent = [s.Free(), s.Told(e.FileStarted("a.wav")), s.Turn(None)]
    for message in sent:
        s.send(line, message, bundle)
    line.seek(0)
    assert [s.receive(line, bundle) for _ in sent] == sent
    with pytest.raises(EOFError):
        s.receive(line, bundle)


def test_the_bundle_goes_once_and_what_names_it_names_the_others_end(bundle: Bundle) -> None:
    line = io.BytesIO()
    s.send_bundle(line, bundle)
    whole = line.tell()
    s.send(line, s.Done(FileComparison("a.wav", bundle)), bundle)
    assert line.tell() - whole < whole
    line.seek(0)
    received = s.receive_bundle(line)
    assert received.name == bundle.name and received.model_bytes == bundle.model_bytes
    assert s.receive(line, received).file.bundle is received


def test_each_message_is_on_its_way_at_once(bundle: Bundle) -> None:
    raw = io.BytesIO()
    line = io.BufferedWriter(raw)
    s.send_bundle(line, bundle)
    s.send(line, s.Free(), bundle)
    raw.seek(0)
    received = s.receive_bundle(raw)
    assert received.name == bundle.name and s.receive(raw, received) == s.Free()


@pytest.mark.parametrize("kept", [0, 5, 8, -1])
def test_a_message_that_breaks_off_is_an_end(bundle: Bundle, kept: int) -> None:
    line = io.BytesIO()
    s.send(line, s.Free(), bundle)
    cut = io.BytesIO(line.getvalue()[:kept])
    with pytest.raises(EOFError, match="the other end is gone"):
        s.receive(cut, bundle)


def test_no_other_name_stands_for_anything(bundle: Bundle) -> None:
    class Naming(pickle.Pickler):
        def persistent_id(self, obj: object) -> str | None:
            return "model" if obj == 5 else None

    content = io.BytesIO()
    Naming(content).dump([5])
    line = io.BytesIO(len(content.getvalue()).to_bytes(8, "little") + content.getvalue())
    with pytest.raises(pickle.UnpicklingError, match="'model'"):
        s.receive(line, bundle)
