"""A trained Micro-AU CLIP at work: which action units came between two pictures of a face."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perception.models.device import device, require_torch
from perception.models.engine_weights import trained_folder
from perception.models.micro_au_table import Pair, View, pair_between
from perception.models.trained import load_trained
from perception.weights import WeightError

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

NETWORK = "micro-au-clip"  # as of `micro_au_clip`, which torch is needed for
SHOWN = 0.5  # probability from which a unit counts as shown; the network's own threshold in training


def weights_folder(named: str, tool: str) -> Path:
    """The folder of trained weights that is named for a tool, or that is found when none is.

    Raises:
        WeightError: there is none, or its weights are of another network.
    """
    return trained_folder(named, NETWORK, "micro-au", f"{tool}.weights")[0]


class Reader:
    """The network with the weights of a folder."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            WeightError: the folder holds no such weights.
            ToolError: torch is not installed.
        """
        require_torch("Micro-AU CLIP")
        from perception.models.micro_au_clip import from_settings

        card, tensors = load_trained(folder, NETWORK)
        try:
            self.network = from_settings(card.settings)
            self.network.load_state_dict(tensors)
        except (KeyError, RuntimeError, TypeError) as error:
            why = " ".join(str(error).split())[:200]
            raise WeightError(f"{folder}: the tensors do not fit the card: {why}") from error
        self.network.to(device()).eval()
        self.units = self.network.units
        self.view = View(self.units, self.network.size_px, self.network.grid)

    def pair(self, onset: Picture, onset_at: Floats, apex: Picture, apex_at: Floats) -> Pair:
        """Two pictures of a face as the network learnt from them; see `pair_between`."""
        return pair_between(onset, onset_at, apex, apex_at, self.view)

    def probabilities(self, pairs: Sequence[Pair]) -> Floats:
        """The probability that each unit is shown in each pair's second picture, shape (pairs, units); no intensity."""
        from perception.models.training_micro_au import probabilities_of

        return probabilities_of(self.network, pairs)
