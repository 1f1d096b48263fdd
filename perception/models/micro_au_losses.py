"""What Micro-AU CLIP is trained by. Statistics come from the training fold alone; the weighting of the parts is ours.

Names after the paper (arXiv 2603.16302, 2026), whose formulas are not public: these are our reading of its abstract.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from perception.models.micro_au_clip import MicroAUClip, Seen

CONTRAST, DEPENDENCY = 0.5, 0.1  # weights of MiAUCL and GDLoss beside the cross entropy
HEAVIEST = 10.0  # weight of a rare unit's presence
SMOOTHING = 1.0  # pairs added to those counted, so that one that never came is not ruled out
LARGEST_PRIOR = 3.0
SMALL = 1e-6


class Statistics(NamedTuple):
    """Of the units' labels in a training fold."""

    weight: Tensor  # (K,) of presence against absence: as much rarer as it is
    prior: Tensor  # (K, K) log of how much more often than by chance two are shown together
    correlation: Tensor  # (K, K)


def statistics(labels: Tensor) -> Statistics:
    """The statistics of labels (n, K) of 0 and 1."""
    y = labels.float()
    n, shown = len(y), y.sum(dim=0)
    weight = ((n - shown) / shown.clamp(min=1)).clamp(1, HEAVIEST)
    share = (shown + SMOOTHING) / (n + 2 * SMOOTHING)
    by_chance = share[:, None] * share[None]
    together = (y.T @ y + SMOOTHING * by_chance) / (n + SMOOTHING)
    prior = (together / by_chance).log().clamp(-LARGEST_PRIOR, LARGEST_PRIOR)
    prior.fill_diagonal_(0)
    return Statistics(weight, prior, correlation(y))


def correlation(series: Tensor) -> Tensor:
    """Pearson's correlation of the columns of (n, K), shape (K, K); 0 with a column that is constant."""
    centred = series - series.mean(dim=0)
    spread = centred.square().mean(dim=0)
    covariance = centred.T @ centred / len(series)
    scale = (spread[:, None] * spread[None] + SMALL**2).sqrt()
    return covariance / scale * ((spread[:, None] > SMALL) & (spread[None] > SMALL))


def total(network: MicroAUClip, seen: Seen, labels: Tensor, known: Statistics) -> Tensor:
    """Weighted cross entropy + MiAUCL + GDLoss, for labels (N, K) of 0 and 1."""
    y = labels.float()
    entropy = functional.binary_cross_entropy_with_logits(seen.logits, y, pos_weight=known.weight)
    contrast = miaucl(seen.visual, network.told, y, network.scale)
    return entropy + CONTRAST * contrast + DEPENDENCY * gd_loss(seen.logits.sigmoid(), known.correlation)


def miaucl(visual: Tensor, told: Tensor, y: Tensor, scale: Tensor) -> Tensor:
    """MiAUCL: InfoNCE (van den Oord et al. 2018) between the units' visual features and their texts, both ways.

    A unit's feature has to be most like that unit's own text, shown or absent as the label says, among all texts; and
    a unit's text has to be most like the features of those samples of the batch in which it is right.

    Args:
        visual: (N, K, D) of length 1.
        told: (K, 2, D) of length 1; shown, absent.
        y: (N, K) of 0 and 1.
        scale: the inverse temperature.
    """
    n, k, d = visual.shape
    own = 2 * torch.arange(k, device=visual.device) + (1 - y).long()  # (N, K) number of the right text
    to_texts = scale * visual.reshape(n * k, d) @ told.reshape(2 * k, d).T
    of_feature = functional.cross_entropy(to_texts, own.reshape(-1))
    alike = scale * torch.einsum("nkd,ksd->ksn", visual, told)  # (K, 2, N)
    right = torch.stack([y.T, 1 - y.T], dim=1) > 0  # (K, 2, N)
    among_right = alike.masked_fill(~right, -torch.inf).logsumexp(dim=2)
    of_text = alike.logsumexp(dim=2) - among_right
    occurs = right.any(dim=2)
    return of_feature + torch.where(occurs, of_text, 0).sum() / occurs.sum()


def gd_loss(probabilities: Tensor, wanted: Tensor) -> Tensor:
    """GDLoss: how far the units' correlation in a batch is from that of the labels, root mean square over pairs.

    Args:
        probabilities: (N, K) in [0, 1].
        wanted: (K, K), of the training fold.
    """
    if len(probabilities) < 2:
        return probabilities.sum() * 0
    return ((correlation(probabilities) - wanted).square().mean() + SMALL).sqrt()
