"""Train Micro-AU CLIP, and test it by CD6ME: each data set is predicted by a network that learnt from the others alone.

CD6ME: Varanka et al. 2022 (MEB, arXiv 2211.11425). A number of epochs that is fixed beforehand, no choice by the set
that is left out; statistics (weights, prior, correlation) of the training sets alone; in testing the apex is looked
for and not taken from the labels. One person in two data sets (CASME and CASME II share some) can't be told apart here.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from perception.errors import TrainingDataError
from perception.evidence import Frozen
from perception.models.device import device, reduced_precision
from perception.models.fitting import Fitting, Tell, fit
from perception.models.micro_au_clip import (
    NETWORK,
    MicroAUClip,
    as_input,
    from_backbone,
    settings_of,
    train_only_last,
)
from perception.models.micro_au_losses import statistics, total
from perception.models.micro_au_table import TABLE, Coded, Pair, View, known_units, pair_of, read_coded
from perception.models.trained import PREDICTIONS, PROBABILITIES, ModelCard, save_trained
from perception.models.training_tables import Table

THRESHOLD = 0.5  # of a unit's probability, as CD6ME's logit over 0
AT_ONCE = 32
LIMITS = (
    "Tells which action units come from one picture to another, as probabilities of presence, not calibrated; no "
    "intensity. Who and what the samples show (posed or not, light, frame rate, age, origin) is not known here: expect "
    "less of anything unlike them. What a unit means for a feeling it does not say."
)

Coding = dict[str, frozenset[int]]  # the active units of each sample
Score = Callable[[Coding, Mapping[str, frozenset[int] | None], Sequence[int]], str]  # gold, predicted, units -> metric


class Training(Frozen):
    """What is trained, and how."""

    backbone: str  # a local folder or an id of the hub
    layers: int = 2  # last ones of the vision tower that are trained, too
    fitting: Fitting = Fitting(epochs=30, batch=32, rate=1e-4, decay=1e-3, seed=45)
    folds: bool = True  # else nothing is predicted and the card has no metric


class Learnable(NamedTuple):
    """Samples whose faces were found."""

    samples: tuple[Coded, ...]
    pairs: tuple[Pair, ...]


def train_micro_au(
    folder: Path, out: Path, training: Training, score: Score, tell: Callable[[str], None] = lambda line: None
) -> ModelCard:
    """Predict each data set by the others, train on all, and write weights, card, predictions.csv, probabilities.csv.

    Args:
        folder: of the data; see `micro_au_table`.
        out: folder for the weights.
        training: what is trained, and how.
        score: the metric of the predictions in words, for the card.
        tell: is called with what is going on.

    Raises:
        TrainingDataError: the table or what it names can't be used, or there is one data set only.
        WeightError: there is no such backbone.
    """
    table = read_coded(folder)
    sets = list(dict.fromkeys(sample.dataset for sample in table))
    if training.folds and len(sets) < 2:
        raise TrainingDataError(
            f"{folder / TABLE}: {sets[0]} is its only data set, and one is to be left out; "
            "give two or more, or --no-folds to train without a metric"
        )
    units = known_units(table)
    found = prepared(table, view_of(from_backbone(training.backbone, units)), tell)
    predicted: dict[str, npt.NDArray[np.float32] | None] = {sample.id: None for sample in table}
    for left_out in sets if training.folds else ():
        tell(f"{left_out} is left out")
        network = trained([s.dataset != left_out for s in found.samples], found, units, training, tell)
        chosen = [at for at, sample in enumerate(found.samples) if sample.dataset == left_out]
        pairs = [found.pairs[at]._replace(apex=found.pairs[at].found_apex) for at in chosen]
        for at, probabilities in zip(chosen, probabilities_of(network, pairs), strict=True):
            predicted[found.samples[at].id] = probabilities
    metric = "not evaluated: no data set was left out"
    tables = {}
    if training.folds:
        tables = _tables(table, units, predicted)
        gold = {s.id: frozenset(unit for unit in units if s.active[unit]) for s in table}
        metric = score(gold, {id_: _active(p, units) for id_, p in predicted.items()}, units)
    tell("all data sets are learnt from")
    network = trained([True] * len(found.samples), found, units, training, tell)
    card = _card(network, training, table, found, metric)
    save_trained(out, card, network.state_dict(), tables)
    return card


def view_of(network: MicroAUClip) -> View:
    """What a network looks at."""
    return View(network.units, network.size_px, network.grid)


def prepared(table: Sequence[Coded], view: View, tell: Callable[[str], None]) -> Learnable:
    """The faces of all samples; about half a megabyte each at 224 px.

    Raises:
        TrainingDataError: there is none, or pictures that a row names are not there.
    """
    pairs = [pair_of(sample, view) for sample in table]
    lost = [sample.where for sample, pair in zip(table, pairs, strict=True) if pair is None]
    if lost:
        tell(f"{len(lost)} samples without a face at the onset or the apex are left out, first {lost[0]}")
    there = [(sample, pair) for sample, pair in zip(table, pairs, strict=True) if pair is not None]
    if not there:
        raise TrainingDataError(f"{lost[0]}: there is no face at the onset or the apex; nor in any other row")
    return Learnable(tuple(s for s, _ in there), tuple(p for _, p in there))


def trained(
    chosen: Sequence[bool], found: Learnable, units: tuple[int, ...], training: Training, tell: Callable[[str], None]
) -> MicroAUClip:
    """A new network that learnt from the chosen samples, and from nothing else."""
    samples = [s for s, wanted in zip(found.samples, chosen, strict=True) if wanted]
    pairs = [p for p, wanted in zip(found.pairs, chosen, strict=True) if wanted]
    if not samples:
        raise TrainingDataError(f"no sample with a face is left to train on in {TABLE}")
    labels = torch.tensor([[sample.active[unit] for unit in units] for sample in samples])
    torch.manual_seed(training.fitting.seed)
    network = from_backbone(training.backbone, units, statistics(labels).prior)
    train_only_last(network, training.layers)
    train(network, pairs, labels, training.fitting, lambda epoch, loss: tell(f"epoch {epoch}: loss {loss:.4f}"))
    return network


def train(
    network: MicroAUClip, pairs: Sequence[Pair], labels: Tensor, how: Fitting, tell: Tell | None = None
) -> list[float]:
    """Train a network on pairs with labels (n, units); the loss of each epoch."""
    where = device()
    network.to(where)
    known = statistics(labels.to(where))

    def loss_of(chosen: Tensor) -> Tensor:
        seen = network(*_batch([pairs[at] for at in chosen.tolist()], where))
        return total(network, seen, labels[chosen].to(where), known)

    return fit(network, len(labels), loss_of, how, tell)


def probabilities_of(network: MicroAUClip, pairs: Sequence[Pair]) -> npt.NDArray[np.float32]:
    """The probability that each unit is shown in each pair, shape (n, units)."""
    where = next(network.parameters()).device
    told = [np.zeros((0, len(network.units)), dtype=np.float32)]
    network.eval()
    with torch.inference_mode(), reduced_precision():
        for start in range(0, len(pairs), AT_ONCE):
            seen = network(*_batch(pairs[start : start + AT_ONCE], where))
            told.append(seen.logits.float().sigmoid().cpu().numpy())
    return np.concatenate(told)


def _batch(pairs: Sequence[Pair], where: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    onset, apex, places = (torch.from_numpy(np.stack([pair[at] for pair in pairs])).to(where) for at in (0, 1, 3))
    return as_input(onset), as_input(apex), places


def _active(probabilities: npt.NDArray[np.float32] | None, units: Sequence[int]) -> frozenset[int] | None:
    if probabilities is None:
        return None
    return frozenset(unit for unit, p in zip(units, probabilities.tolist(), strict=True) if p > THRESHOLD)


def _tables(
    table: Sequence[Coded], units: Sequence[int], predicted: Mapping[str, npt.NDArray[np.float32] | None]
) -> dict[str, Table]:
    """The predictions as `mentalis eval score au` reads them, and the probabilities; empty where no face was found."""
    active, scores = [], []
    for sample in table:
        probabilities = predicted[sample.id]
        shown = _active(probabilities, units)
        active.append([sample.id, *("" if shown is None else int(unit in shown) for unit in units)])
        told = [""] * len(units) if probabilities is None else [f"{p:.4f}" for p in probabilities.tolist()]
        scores.append([sample.id, sample.dataset, sample.subject, *told])
    header = ["id", "dataset", "subject", *(f"AU{unit}_probability" for unit in units)]
    return {
        PREDICTIONS: Table(["id", *(f"AU{unit}" for unit in units)], active),
        PROBABILITIES: Table(header, scores),
    }


def _card(network: MicroAUClip, training: Training, table: Sequence[Coded], found: Learnable, metric: str) -> ModelCard:
    sets = ", ".join(dict.fromkeys(sample.dataset for sample in table))
    people = {(sample.dataset, sample.subject) for sample in found.samples}
    settings: dict[str, Any] = {
        **settings_of(network),
        "backbone": training.backbone,
        "trained_layers": training.layers,
        **training.fitting.model_dump(),
    }
    return ModelCard(
        network=NETWORK,
        settings=settings,
        source="trained here, by `mentalis train micro-au`; network after the abstract of Micro-AU CLIP "
        f"(arXiv 2603.16302, 2026), on {training.backbone}",
        licence="that of the data it was trained on, and of the backbone",
        trained_on=f"{len(found.samples)} of {len(table)} samples of {len(people)} subjects in {sets}",
        metric=metric,
        limits=LIMITS,
    )
