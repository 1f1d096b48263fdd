"""Train the gesture network by the cross-subject protocol: no subject of the test is ever learnt from or chosen by."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from perception.body_track import BodyTrack
from perception.cache import Cache, key_of
from perception.clip import Clip
from perception.errors import TrainingDataError
from perception.evidence import Frozen
from perception.models.device import device, reduced_precision
from perception.models.fitting import Fitting, Tell, fit
from perception.models.gesture_gcn import NETWORK, STRIDES, WIDTHS, GestureGCN
from perception.models.gesture_table import TABLE, Labelled, Samples, Taxonomy, class_names, read_gestures, samples
from perception.models.skeletons import LayoutName, layout
from perception.models.trained import GOLD, PREDICTIONS, ModelCard, save_trained
from perception.models.training_tables import Table
from perception.scheduler import perceive
from perception.tool import in_order, make_tool

NONE = "none"  # of the classes: no gesture; learnt from our own tracks only, which go on between gestures
RANKED = 5  # classes that are told of each gesture
AT_ONCE = 256  # samples that are recognised together
LIMITS = (
    "Probabilities are a softmax's and not calibrated. In what setting the gestures were recorded is not known here: "
    "expect less in another. A gesture says little of a feeling and nothing of the truth of words."
)

Score = Callable[[Sequence[str], Sequence[Sequence[str]]], str]  # gold and ranked classes -> the metric in words


class Training(Frozen):
    """What is trained, and how."""

    skeleton: LayoutName = "pose_hands"
    classes: Taxonomy = "imigue"
    first: int = 0  # number of the first class in the table
    test_subjects: tuple[str, ...] = ()  # in place of the data set's own split
    fitting: Fitting = Fitting(epochs=60, batch=64, rate=1e-3, decay=1e-4)
    widths: tuple[int, ...] = WIDTHS
    strides: tuple[int, ...] = STRIDES


def train_micro_gesture(
    folder: Path, out: Path, training: Training, score: Score, *, cache: Cache | None = None, tell: Tell | None = None
) -> ModelCard:
    """Train on the training subjects, predict the test's, and write weights, card, predictions.csv and gold.csv.

    Args:
        folder: of the data; see `gesture_table`.
        out: folder for the weights.
        training: what is trained, and how.
        score: the metric of the test in words, for the card.
        cache: keeps the bodies that are followed in videos.
        tell: is called after each epoch.

    Raises:
        TrainingDataError: the table or what it names can't be used, or nobody is left to train on.
    """
    skeleton, names = layout(training.skeleton), class_names(training.classes)
    table = read_gestures(
        folder, training.classes, skeleton, first=training.first, test_subjects=training.test_subjects
    )
    learnt, tested = ([g for g in table if g.split == split] for split in ("train", "test"))
    if not learnt:
        raise TrainingDataError(f"{folder / TABLE}: every subject is in the test; nobody is left to train on")

    def made(gestures: Sequence[Labelled], learning: bool) -> Samples:
        return samples(gestures, skeleton, lambda file: followed(file, cache), len(names), learning)

    to_learn = made(learnt, True)
    if not len(to_learn.labels):
        raise TrainingDataError(f"{to_learn.left_out[0]}; nor in any other video")
    count = len(names) + skeleton.of_tracks
    network = GestureGCN(skeleton, count, training.widths, training.strides)
    train(network, to_learn, training, tell)
    to_test = made(tested, False)
    probabilities = recognise(network, to_test.movements)[:, : len(names)]
    ranked = [[names[at] for at in np.argsort(-row)[:RANKED]] for row in probabilities]
    gold = [names[label] for label in to_test.labels]
    metric = score(gold, ranked) if gold else "not evaluated: no subject of the test is in the table"
    told = [json.dumps(row) for row in ranked]
    tables = {
        GOLD: Table(("id", "value", "group"), list(zip(to_test.ids, gold, to_test.subjects, strict=True))),
        PREDICTIONS: Table(("id", "value"), list(zip(to_test.ids, told, strict=True))),
    }
    card = _card(training, to_learn, to_test, metric, names)
    save_trained(out, card, network.state_dict(), tables)
    return card


def train(network: GestureGCN, learnt: Samples, training: Training, tell: Tell | None = None) -> list[float]:
    """Train on samples by cross entropy, each seen as it is or mirrored, left for right; the loss of each epoch."""
    where = device()
    network.to(where)
    movements, labels = torch.from_numpy(learnt.movements), torch.from_numpy(learnt.labels)
    other_side = torch.tensor(layout(training.skeleton).mirrored())
    coin = torch.Generator().manual_seed(training.fitting.seed)
    entropy = nn.CrossEntropyLoss()

    def loss_of(chosen: Tensor) -> Tensor:
        batch = movements[chosen]
        mirror = torch.rand(len(chosen), generator=coin) < 0.5
        batch = torch.where(mirror[:, None, None, None, None], mirrored(batch, other_side), batch)
        loss: Tensor = entropy(network(batch.to(where)), labels[chosen].to(where))
        return loss

    return fit(network, len(labels), loss_of, training.fitting, tell)


def mirrored(movements: Tensor, other_side: Tensor) -> Tensor:
    """Movements (N, 3, frames, joints, 1) as in a mirror: x turned, left joints for right ones."""
    turned = torch.tensor([-1.0, 1.0, 1.0])[:, None, None, None]
    return movements[:, :, :, other_side] * turned


def recognise(network: GestureGCN, movements: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities of the classes, shape (n, classes), of movements (n, 3, frames, joints, 1)."""
    where = next(network.parameters()).device
    network.eval()
    told = [np.zeros((0, network.scores.out_features), dtype=np.float32)]
    with torch.inference_mode(), reduced_precision():
        for start in range(0, len(movements), AT_ONCE):
            part = torch.from_numpy(movements[start : start + AT_ONCE]).to(where)
            told.append(network(part).float().softmax(dim=1).cpu().numpy())
    return np.concatenate(told)


def followed(file: Path, cache: Cache | None) -> list[BodyTrack]:
    """The bodies in a video.

    Raises:
        TrainingDataError: they could not be followed.
        ClipError: the video can't be used.
    """
    from perception.evidence import Findings
    from perception.tool import Tool

    clip, bodies = Clip.open(file), make_tool("bodies")
    kept: list[BodyTrack] = []
    keys: dict[str, str] = {}
    for tool in in_order([bodies]):
        keys[tool.name] = key_of(tool, clip, keys)
    known = cache.get(keys["bodies"]) if cache else None
    if known is not None:
        return list(known.value)

    def keep(clip: Clip, bodies: list[BodyTrack]) -> Findings:
        kept.extend(bodies)
        return Findings()

    evidence = perceive(clip, [bodies, Tool("kept_bodies", "1", ("bodies",), keep)], cache=cache)
    failed = next((run.error for run in evidence.tools if run.status in ("failed", "skipped")), None)
    if failed is not None:
        raise TrainingDataError(f"{file}: its bodies can't be followed: {failed}")
    return kept


def _card(training: Training, learnt: Samples, tested: Samples, metric: str, names: Sequence[str]) -> ModelCard:
    skeleton, how = layout(training.skeleton), training.fitting
    subjects = {subject for subject in learnt.subjects if subject}
    gestures = len({id_ for id_ in learnt.ids if id_})
    left_out = len(learnt.left_out) + len(tested.left_out)
    without = "" if not left_out else f"; {left_out} more without a body in the video were left out"
    return ModelCard(
        network=NETWORK,
        settings={
            "skeleton": training.skeleton,
            "classes": training.classes,
            "frames": skeleton.frames,
            "rate_hz": skeleton.rate_hz,
            "knows_none": bool((learnt.labels == len(names)).any()),
            "widths": [*training.widths],
            "strides": [*training.strides],
            **how.model_dump(),
        },
        source="trained here, by `mentalis train micro-gesture`; network after ST-GCN (Yan, Xiong & Lin 2018)",
        licence="that of the data it was trained on",
        trained_on=f"{gestures} gestures of {len(subjects)} subjects with the classes of {training.classes}{without}",
        metric=metric,
        limits=LIMITS,
    )
