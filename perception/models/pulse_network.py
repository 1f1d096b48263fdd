"""A pulse network with its weights, fed with chunks of small pictures."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from perception.models.device import device
from perception.models.factorizephys import FactorizePhys
from perception.models.physformer import PhysFormer
from perception.models.physnet import PhysNet
from perception.models.trained import load_trained, read_checkpoint
from perception.pulse_networks import QUARTERS, NetworkName, Source, mirrored_halves
from perception.weights import WeightError

Floats = npt.NDArray[np.floating]

ON_GPU, ON_CPU = 8, 1  # chunks at a time: PhysNet's first layer takes 340 MB for one


class PulseNetwork:
    """A network that is ready for `waves`."""

    def __init__(self, source: Source) -> None:
        """Load it.

        Raises:
            WeightError: the weights are of another network or can't be read.
        """
        self.name, self.kind = source.name, source.kind
        self._device = device()
        self.batch = ON_GPU if self._device.type == "cuda" else ON_CPU
        self._module = load_module(source).to(self._device).eval()
        self._by_quarters = self.kind.places == QUARTERS
        self._differentiated = getattr(self._module, "normalisation", "") == "difference"

    def waves(self, chunks: npt.NDArray[np.uint8]) -> Floats:
        """Waves (batch, places, frames) of chunks (batch, frames, side, side, 3), in any unit.

        In float32 on a GPU, too: a pulse changes the skin by less than the 0.4 % that bfloat16 tells apart.
        """
        pictures = [chunks] if self._by_quarters else mirrored_halves(chunks)
        with torch.inference_mode():
            found = torch.cat([self._module(as_channels(each, self._device)) for each in pictures], dim=1)
            if self._differentiated:
                found = torch.cumsum(found, dim=-1)
        return np.asarray(found.float().cpu().numpy(), dtype=np.float64)


def new_module(network: NetworkName, settings: dict[str, Any] | None = None) -> nn.Module:
    """A network by its name with fresh weights; what it is built with, as a model card has it."""
    given = dict(settings or {})
    if network == "physnet":
        return PhysNet(**given)
    if network == "factorizephys":
        return FactorizePhys(**given)
    return PhysFormer(**{"normalisation": "standard" if network == "physformer-standard" else "difference", **given})


def load_module(source: Source) -> nn.Module:
    """A network with its weights, from a published checkpoint or a folder of trained ones.

    Raises:
        WeightError: they are of another network or can't be read.
    """
    assert source.path is not None, "only a package brings weights of its own"
    settings: dict[str, Any] = {}
    if source.path.is_dir():
        card, state = load_trained(source.path, source.network)
        settings = dict(card.settings)
    else:
        state = read_checkpoint(source.path)
    try:
        module = new_module(source.network, settings)
        module.load_state_dict(state)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightError(f"{source.path} does not hold weights of {source.network}: {reason}") from error
    return module


def as_channels(pictures: npt.NDArray[np.uint8], on: torch.device) -> Tensor:
    """Pictures (batch, frames, height, width, 3) as floats (batch, 3, frames, height, width) on a device."""
    return torch.from_numpy(np.array(pictures)).to(on).permute(0, 4, 1, 2, 3).float()
