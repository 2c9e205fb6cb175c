"""Training as a whole, on features that a child could tell apart, and the model that comes out of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ..dataset.windows import join
from . import architectures, produce, recipe
from .checkpoint import Checkpoint
from .errors import TrainingError
from .fit import Material, Plan, fit, predict
from .tensorflow_loading import seed_everything, tensorflow
from .to_int8 import to_int8
from .toy_sets import BANDS, FRAMES, striped_windows

pytestmark = pytest.mark.slow


def _recipe(seed: int = 5) -> recipe.Recipe:
    plan = Plan(epochs=3, windows_per_epoch=256, batch=32, learning_rate=5e-3, seed=seed)
    return recipe.Recipe(
        name="test", architecture="strided", float_plan=plan, qat_plan=dataclasses.replace(plan, epochs=1)
    )


def _material(plan: recipe.Recipe, positives: float = 0.5) -> Material:
    train, validation = striped_windows(1, positives=positives), striped_windows(2, 24)
    return Material(train, validation, plan.units, plan.quantisation)


def _interpreter(content: bytes):  # type: ignore[no-untyped-def]
    tf = tensorflow()
    reference = tf.lite.experimental.OpResolverType.BUILTIN_REF
    made = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=reference)
    made.allocate_tensors()
    return made


@pytest.mark.timeout(280)
def test_from_windows_to_an_int8_model_with_two_outputs(tmp_path: Path) -> None:
    plan = _recipe()
    sets = {"train": striped_windows(1), "validation": striped_windows(2, 48)}
    rows: list[dict[str, float]] = []
    produce.train_float(plan, sets, tmp_path, rows.append)
    assert rows[-1]["val_auc"] > 0.95
    assert len((tmp_path / "history.csv").read_text().splitlines()) == len(rows) + 1
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    quantised = produce.train_quantised(plan, sets, tmp_path, lambda _row: None)
    content = to_int8(quantised)
    assert content == to_int8(produce.quantised(plan, tmp_path))  # saved and loaded: the same bytes

    interpreter = _interpreter(content)
    (input_info,), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    assert input_info["dtype"] == np.int8 and input_info["quantization"][1] == plan.quantisation.zero_point
    assert input_info["quantization"][0] == pytest.approx(plan.quantisation.scale, rel=1e-6)
    assert [each["dtype"] for each in outputs] == [np.int8, np.int8]
    score, logit = sorted(outputs, key=lambda each: each["quantization"][0] != 1 / 256)
    assert score["quantization"] == (1 / 256, -128)

    validation = sets["validation"]
    expected = predict(quantised, validation, plan.quantisation)[:, 0]
    for index, cells in enumerate(validation.take(np.arange(len(validation)))):
        interpreter.set_tensor(input_info["index"], cells[np.newaxis, ..., np.newaxis])
        interpreter.invoke()
        real_score = (int(interpreter.get_tensor(score["index"])[0, 0]) + 128) / 256
        scale, zero = logit["quantization"]
        real_logit = (int(interpreter.get_tensor(logit["index"])[0, 0]) - zero) * scale
        assert real_score == pytest.approx(1.0 / (1.0 + np.exp(-real_logit)), abs=0.01)
        assert real_score == pytest.approx(expected[index], abs=0.05)


@pytest.mark.timeout(280)
def test_equal_seeds_give_equal_weights() -> None:
    results = []
    for seed in (3, 3, 4):
        plan = _recipe(seed)
        seed_everything(seed)
        model = architectures.build("strided", FRAMES, BANDS, 1)
        settings = dataclasses.replace(plan.float_plan, epochs=1, windows_per_epoch=64)
        fit(model, settings, _material(plan))
        results.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    assert np.array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


@pytest.mark.timeout(280)
def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    plan = _recipe()
    settings = dataclasses.replace(plan.float_plan, epochs=3, windows_per_epoch=64)

    def stop(row: dict[str, float]) -> None:
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    results = []
    for interrupted in (False, True):
        for attempt in range(2 if interrupted else 1):
            seed_everything(3)
            model = architectures.build("strided", FRAMES, BANDS, 1)
            checkpoint = Checkpoint(tmp_path / "state.npz", "key") if interrupted else None
            report = stop if interrupted and attempt == 0 else lambda _row: None
            try:
                rows = fit(model, settings, _material(plan), report, checkpoint)
            except KeyboardInterrupt:
                assert Checkpoint(tmp_path / "state.npz", "other key").load() is None
        results.append((rows, np.concatenate([weight.ravel() for weight in model.get_weights()])))
    assert [row["epoch"] for row in results[1][0]] == [1, 2, 3]
    assert results[0][0] == results[1][0]
    assert np.array_equal(results[0][1], results[1][1])
    assert not (tmp_path / "state.npz").exists()


def test_a_plan_keeps_the_best_weights_or_the_last() -> None:
    plan = _recipe()
    # A validation set whose labels say the contrary: what is learned better fares the worse there.
    material = dataclasses.replace(_material(plan), validation=striped_windows(2, 48, label_noise=1.0))
    kept = {}
    for keep in ("best", "last"):
        tensorflow().keras.backend.clear_session()
        seed_everything(5)
        model = plan.network.build()
        history = fit(model, dataclasses.replace(plan.float_plan, keep=keep), material)
        kept[keep] = predict(model, striped_windows(3, 48), plan.quantisation)
        figures = [0.5 * (row["val_auc"] + row["val_ap"] - row["val_loss"]) for row in history]
        assert int(np.argmax(figures)) < len(history) - 1
        last = predict(model, material.validation, plan.quantisation)
        loss = np.mean(-np.log(np.where(material.validation.labels > 0.5, last, 1.0 - last).clip(1e-7)))
        assert np.isclose(loss, history[-1]["val_loss"], rtol=1e-3) == (keep == "last")
    assert not np.allclose(kept["best"], kept["last"])


def test_a_set_without_positives_is_refused() -> None:
    plan = _recipe()
    model = architectures.build("strided", FRAMES, BANDS, 1)
    with pytest.raises(TrainingError, match="no windows with a class"):
        fit(model, plan.float_plan, _material(plan, positives=0.0))


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_every_architecture_keeps_to_its_budget(name: str) -> None:
    model = architectures.build(name, FRAMES, BANDS, 1)
    assert model.output_shape == (None, 1)
    limit = 60_000 if "flatten" in name else 20_000  # flattening is what costs parameters
    if name != "teacher":  # which no device has to hold
        assert model.count_params() <= limit


def test_the_default_network_is_deaf_to_the_level() -> None:
    seed_everything(1)
    model = architectures.build("strided", FRAMES, BANDS, 1)
    plan = dataclasses.replace(_recipe().float_plan, epochs=1, windows_per_epoch=64)
    fit(model, plan, _material(_recipe()))
    features = np.random.default_rng(1).normal(0.0, 0.5, (4, FRAMES, BANDS, 1)).astype(np.float32)
    assert np.allclose(model(features), model(features + 0.7), atol=1e-3)


def test_unknown_and_impossible_architectures_are_refused() -> None:
    with pytest.raises(TrainingError, match="strided"):
        architectures.build("resnet", FRAMES, BANDS, 1)
    with pytest.raises(TrainingError, match="cannot be built"):
        architectures.build("strided", 5, 5, 1)


def test_qat_without_a_run_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="host train"):
        produce.train_quantised(_recipe(), {}, tmp_path, lambda _row: None)


def test_joined_sets_keep_windows_and_recordings_apart() -> None:
    one, two = striped_windows(1, 4), striped_windows(2, 3)
    both = join([one, two])
    assert len(both) == 7 and both.recordings.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.array_equal(both.take(np.array([5])), two.take(np.array([1])))
    assert both.names[4] == "recording-0" and both.domains.tolist() == [0] * 4 + [1] * 3
    with pytest.raises(ValueError, match="nothing"):
        join([])
