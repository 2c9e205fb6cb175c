"""The training loop: balanced, augmented batches, a falling learning rate, early stopping, a history."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...declared import Seed, Share
from ..dataset.feature_spec import Quantisation
from ..dataset.windows import Windows
from .augment import Augmentation, Units, augmented
from .balance import chances_of, class_weights, draw, noise_of
from .checkpoint import Checkpoint, State
from .errors import TrainingError
from .metrics import average_precision, roc_auc
from .teacher import Teacher
from .tensorflow_loading import tensorflow

Row = dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        epochs: at most this many.
        windows_per_epoch: drawn anew for each epoch, at other places in the recordings.
        batch: windows per step.
        learning_rate: at the start; a cosine takes it to a hundredth.
        label_smoothing: keeps logits moderate, and with them the int8 range they need.
        positive_share: share of windows with a class in a batch: classes and background are balanced by drawing.
        class_weights: whether windows of a class count the more, the more rarely it is drawn; of no effect with
            one class.
        patience: stop after this many epochs without a better validation figure.
        keep: the weights of the epoch that was best by validation, or the last ones: where soft labels tell more than
            the validation set's hard ones, and the learning rate has fallen, the last are the better guess.
        seed: of drawing, augmentation and initial weights.
    """

    epochs: Annotated[int, Meta(ge=1, le=100_000)] = 30
    windows_per_epoch: Annotated[int, Meta(ge=1, le=1 << 24)] = 8192
    batch: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    learning_rate: Annotated[float, Meta(gt=0, le=10)] = 3e-3
    label_smoothing: Share = 0.05
    positive_share: Share = 0.4
    class_weights: bool = True
    patience: Annotated[int, Meta(ge=1, le=100_000)] = 8
    keep: Literal["best", "last"] = "best"
    seed: Seed = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


def predict(
    model: Any, windows: Windows, quantisation: Quantisation, batch: int = 512
) -> NDArray[np.float64]:
    """Scores (sigmoid of the logits) of every window, float64 [n, classes]."""
    out = []
    for first in range(0, len(windows), batch):
        index = np.arange(first, min(first + batch, len(windows)))
        logits = model(quantisation.to_float(windows.take(index))[..., np.newaxis], training=False)
        out.append(np.asarray(logits, dtype=np.float64))
    logits = np.concatenate(out) if out else np.zeros((0, windows.classes))
    return 1.0 / (1.0 + np.exp(-logits))


def judge(scores: NDArray[np.float64], windows: Windows) -> Row:
    """Loss, ROC-AUC and average precision, the mean over domains and classes, so that no domain drowns another."""
    truth = windows.labels > 0.5
    rows = []
    for domain in np.unique(windows.domains):
        mine = windows.domains == domain
        s, t = np.clip(scores[mine], 1e-7, 1.0 - 1e-7), truth[mine]
        loss = -np.mean(np.where(t, np.log(s), np.log(1.0 - s)))
        classes = range(t.shape[1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class may be missing in a domain: its NaN does not count
            auc = np.nanmean([roc_auc(s[:, c], t[:, c]) for c in classes])
            precision = np.nanmean([average_precision(s[:, c], t[:, c]) for c in classes])
        rows.append((loss, auc, precision))
    means = [float(np.nanmean(column)) for column in zip(*rows, strict=True)]
    return dict(zip(("val_loss", "val_auc", "val_ap"), means, strict=True))


def _smoothed(labels: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    result: NDArray[np.float32] = (labels * (1.0 - smoothing) + 0.5 * smoothing).astype(np.float32)
    return result


@dataclass(frozen=True)
class Material:
    """What a network is trained on.

    Attributes:
        train, validation: the windows.
        units: meaning and limits of their features.
        quantisation: of their features.
        teacher: has a say in what the network should answer.
    """

    train: Windows
    validation: Windows
    units: Units
    quantisation: Quantisation
    teacher: Teacher | None = None


def fit(
    model: Any,
    plan: Plan,
    material: Material,
    report: Callable[[Row], None] = lambda _row: None,
    checkpoint: Checkpoint | None = None,
) -> list[Row]:
    """Train `model` in place and leave it with its best weights by validation, or the last ones if the plan says so.

    The figure watched is the mean of average precision and ROC-AUC over the classes minus the loss, of which the
    first two do not depend on the threshold.

    Args:
        checkpoint: where to keep the state after each epoch, and to go on from.

    Returns:
        One row an epoch: epoch, learning_rate, loss, val_loss, val_auc, val_ap.

    Raises:
        TrainingError: a set lacks windows of a kind, or the loss is not finite.
    """
    training = _Training(model, plan, material)
    before = checkpoint.load() if checkpoint else None
    if before is not None:
        training.go_on_from(before)
    while len(training.history) < plan.epochs and training.waited < plan.patience:
        report(training.epoch())
        if checkpoint:
            checkpoint.save(training.state())
    if plan.keep == "best":
        model.set_weights(training.best_weights)
    if checkpoint:
        checkpoint.remove()
    return training.history


class _Training:
    """A training between two epochs: random numbers, optimiser, history, the best weights so far."""

    def __init__(self, model: Any, plan: Plan, material: Material) -> None:
        self.model, self.plan, self.material = model, plan, material
        self.history: list[Row] = []
        self.best, self.best_weights, self.waited = -np.inf, model.get_weights(), 0
        train = material.train
        self._rng = np.random.default_rng(np.random.SeedSequence([plan.seed, 7]))
        self._steps = max(1, plan.windows_per_epoch // plan.batch)
        self._schedule, self._optimiser, self._step = _graph(model, plan, self._steps)
        self._chances = chances_of(train, plan.positive_share)
        self._noise, self._noise_chances = noise_of(train, self._chances)
        self._class_weights = (
            class_weights(train.labels, self._chances)
            if plan.class_weights
            else np.ones(train.classes, np.float32)
        )

    def go_on_from(self, state: State) -> None:
        """Take the place of the training that left `state`."""
        tf, batch, train = tensorflow(), self.plan.batch, self.material.train
        self._step(  # makes the optimiser's variables; what it changes is overwritten at once
            tf.zeros((batch, train.frames, train.bands, 1)),
            tf.zeros((batch, train.classes)),
            tf.ones((batch, train.classes)),
        )
        self.model.set_weights(state.weights)
        self._optimiser.set_weights(state.optimiser)
        self._rng.bit_generator.state = state.rng
        self.history, self.best = state.history, state.best
        self.best_weights, self.waited = state.best_weights, state.waited

    def state(self) -> State:
        """All that the next epoch depends on."""
        return State(
            self.history,
            dict(self._rng.bit_generator.state),
            self.best,
            self.waited,
            self.model.get_weights(),
            self.best_weights,
            self._optimiser.get_weights(),
        )

    def epoch(self) -> Row:
        """Train for one epoch and judge it; returns its row.

        Raises:
            TrainingError: the loss is not finite.
        """
        number = len(self.history) + 1
        loss = float(np.mean([float(each) for each in self._losses()]))
        if not np.isfinite(loss):
            raise TrainingError(f"The loss became {loss} in epoch {number}.", "Lower the learning rate.")
        validation = self.material.validation
        row: Row = {
            "epoch": number,
            "learning_rate": float(self._schedule(self._optimiser.iterations)),
            "loss": loss,
            **judge(predict(self.model, validation, self.material.quantisation), validation),
        }
        self.history.append(row)
        figure = 0.5 * (row["val_auc"] + row["val_ap"]) - 0.5 * row["val_loss"]
        if figure > self.best:
            self.best, self.best_weights, self.waited = figure, self.model.get_weights(), 0
        else:
            self.waited += 1
        return row

    def _losses(self) -> list[Any]:
        plan, material, rng = self.plan, self.material, self._rng
        train, to_float = material.train, material.quantisation.to_float
        tf = tensorflow()
        losses = []
        drawn = draw(rng, train, self._chances, self._steps * plan.batch, plan.positive_share)
        for first in range(0, len(drawn) - plan.batch + 1, plan.batch):
            index = drawn[first : first + plan.batch]
            noise = to_float(train.take(rng.choice(self._noise, 32, p=self._noise_chances)))
            features = to_float(train.take(index))
            features = augmented(rng, features, noise, plan.augmentation, material.units)[..., np.newaxis]
            targets = _smoothed(train.labels[index], plan.label_smoothing)
            if material.teacher:
                targets = material.teacher.targets(features, targets)
            weights = np.where(train.labels[index] > 0.5, self._class_weights, np.float32(1.0))
            losses.append(self._step(tf.constant(features), tf.constant(targets), tf.constant(weights)))
        return losses


def _graph(model: Any, plan: Plan, steps: int) -> tuple[Any, Any, Any]:
    """Learning rate, optimiser and the compiled step of features, targets and weights, which returns the loss."""
    tf = tensorflow()
    schedule = tf.keras.optimizers.schedules.CosineDecay(plan.learning_rate, plan.epochs * steps, alpha=0.01)
    optimiser = tf.keras.optimizers.legacy.Adam(schedule, clipnorm=1.0)

    def step(features: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            each = tf.nn.sigmoid_cross_entropy_with_logits(targets, model(features, training=True))
            loss = tf.reduce_mean(weights * each)
            if model.losses:
                loss += tf.add_n(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimiser.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return schedule, optimiser, tf.function(step, reduce_retracing=True)
