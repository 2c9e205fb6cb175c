"""A board's profile beside the model's own ops."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ..bundle.load import Bundle
from ..link import messages as m
from ..model.inspect import read_graph
from ..model.op_cost import macs
from . import op_times as module
from .op_times import OpTime, op_times


def _profile(bundle: Bundle) -> list[m.Profile]:
    operators = read_graph(bundle.model_bytes).operators
    return [
        m.Profile(at, len(operators), 100 + at, 1, each.name.encode()) for at, each in enumerate(operators)
    ]


def test_each_op_has_its_time_its_layer_and_its_cost(bundle: Bundle) -> None:
    graph = read_graph(bundle.model_bytes)
    found = op_times(bundle.model_bytes, _profile(bundle))
    assert [(each.index, each.op, each.ns) for each in found] == [
        (at, operator.name, 100 + at) for at, operator in enumerate(graph.operators)
    ]
    assert [each.macs for each in found] == [macs(graph, operator) for operator in graph.operators]
    assert any(each.macs for each in found)
    first = graph.tensors[graph.operators[0].outputs[0]].name
    assert found[0].layer and found[0].layer in first
    assert any(each.layer != found[0].layer for each in found)


def test_where_the_board_lists_other_ops_their_times_stand_alone(bundle: Bundle) -> None:
    profile = _profile(bundle)
    profile[1] = replace(profile[1], name=b"FUSED\xff")
    found = op_times(bundle.model_bytes, profile)
    assert found[1] == OpTime(1, "FUSED\N{REPLACEMENT CHARACTER}", "", 101, 0)
    assert not any(each.layer or each.macs for each in found)
    assert [each.ns for each in op_times(bundle.model_bytes, profile[:2])] == [100, 101]


def test_cycles_of_a_multiply_accumulate() -> None:
    timed = OpTime(3, "CONV_2D", "conv", 2_000_000, 40_000)
    assert timed.cycles_per_mac(240_000_000) == pytest.approx(12.0)
    assert timed.cycles_per_mac(0) is None
    assert replace(timed, macs=0).cycles_per_mac(240_000_000) is None


def test_for_json_it_is_told_as_a_share() -> None:
    told = OpTime(3, "CONV_2D", "conv", 1, 5).as_dict(3)
    assert told == {"op": 3, "type": "CONV_2D", "layer": "conv", "ns": 1, "share": 0.3333, "macs": 5}
    assert OpTime(0, "ADD", "", 0, 0).as_dict(0)["share"] == 0.0


@pytest.mark.parametrize(("outputs", "layer"), [((0,), "first"), ((1, 0), "second"), ((), ""), ((-1,), "")])
def test_the_layer_is_that_of_the_first_output(
    monkeypatch: pytest.MonkeyPatch, outputs: tuple[int, ...], layer: str
) -> None:
    operator = SimpleNamespace(name="ADD", outputs=outputs)
    tensors = [SimpleNamespace(name="first"), SimpleNamespace(name="second")]
    monkeypatch.setattr(
        module, "read_graph", lambda _: SimpleNamespace(operators=[operator], tensors=tensors)
    )
    monkeypatch.setattr(module, "macs", lambda *_: 6)
    assert op_times(b"", [m.Profile(0, 1, 9, 1, b"ADD")]) == [OpTime(0, "ADD", layer, 9, 6)]
