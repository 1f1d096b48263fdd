"""The training loop: a fixed number of epochs chosen beforehand, seeded, without a look at any test data."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from perception.errors import MentalisError
from perception.evidence import Frozen
from perception.models.device import reduced_precision

Tell = Callable[[int, float], None]  # epoch from 1, mean loss
WARM_UP = 0.1  # share of the steps in which the rate rises
LONGEST_GRADIENT = 1.0


class Fitting(Frozen):
    """How a network is trained."""

    epochs: int
    batch: int
    rate: float  # of learning, at the most
    decay: float  # of weights
    seed: int = 0


def fit(
    network: nn.Module, samples: int, loss_of: Callable[[Tensor], Tensor], how: Fitting, tell: Tell | None = None
) -> list[float]:
    """Train a network's parameters that want it by AdamW (Loshchilov & Hutter 2019), the rate along a cosine.

    Args:
        network: on its device; it is left in evaluation mode.
        samples: how many there are.
        loss_of: the loss of some samples by their numbers, shape (batch,).
        how: epochs, batch, rates and seed. All randomness is drawn from the seed.
        tell: is called after each epoch.

    Returns:
        The mean loss of each epoch.

    Raises:
        MentalisError: the loss is no number any more.
    """
    torch.manual_seed(how.seed)
    order = torch.Generator().manual_seed(how.seed)
    wanted = [parameter for parameter in network.parameters() if parameter.requires_grad]
    steps = how.epochs * math.ceil(samples / how.batch)
    optimiser = torch.optim.AdamW(wanted, lr=how.rate, weight_decay=how.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, steps))
    network.train()
    losses = []
    for epoch in range(1, how.epochs + 1):
        total = 0.0
        shuffled = torch.randperm(samples, generator=order)
        for start in range(0, samples, how.batch):
            chosen = shuffled[start : start + how.batch]
            optimiser.zero_grad()
            with reduced_precision():
                loss = loss_of(chosen)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(wanted, LONGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(chosen)
        losses.append(total / samples)
        if not math.isfinite(losses[-1]):
            raise MentalisError(f"the loss is {losses[-1]} after epoch {epoch}: train with a lower rate")
        if tell is not None:
            tell(epoch, losses[-1])
    network.eval()
    return losses


def _share(step: int, steps: int) -> float:
    """Of the highest rate, at a step."""
    rising = max(1, round(WARM_UP * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
