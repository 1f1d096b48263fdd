"""A trained gesture network at work on our own body tracks."""

from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from perception.body_track import BodyTrack
from perception.models.device import device, require_torch
from perception.models.engine_weights import trained_folder
from perception.models.gesture_table import class_names, window_of
from perception.models.skeletons import layout, of_body
from perception.models.trained import load_trained
from perception.weights import WeightError

Floats = npt.NDArray[np.float32]

NETWORK = "gesture-gcn"  # as of `gesture_gcn`, which torch is needed for
BETWEEN_S = 0.25  # from a window's middle to that of the next one


class Recognised(NamedTuple):
    """Probabilities of the classes over time: of the gesture that is being made then."""

    times_s: Floats  # (m,)
    probabilities: Floats  # (m, classes); the rest up to 1 is that of no gesture
    classes: tuple[str, ...]


def weights_folder(named: str) -> Path:
    """The folder of trained weights that is named, or that is found when none is, with weights for our own tracks.

    Raises:
        WeightError: there is none, or its weights are of another network or skeleton.
    """
    folder, card = trained_folder(named, NETWORK, "micro-gesture", "micro_gestures.weights")
    skeleton = str(card.settings.get("skeleton"))
    if not layout(skeleton).of_tracks:
        raise WeightError(
            f"{folder} holds weights for the skeleton {skeleton}, which our body tracks do not give: "
            "train with --skeleton pose or pose_hands"
        )
    return folder


class Recogniser:
    """A gesture network with the weights of a folder."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            WeightError: the folder holds no such weights.
            ToolError: torch is not installed.
        """
        require_torch("the gesture network")
        from perception.models.gesture_gcn import GestureGCN

        card, tensors = load_trained(folder, NETWORK)
        settings = card.settings
        try:
            self.skeleton = layout(str(settings["skeleton"]))
            self.classes = class_names(settings["classes"])  # type: ignore[arg-type]
            self.taxonomy = str(settings["classes"])
            widths, strides = (cast(list[int], settings[name]) for name in ("widths", "strides"))
            self.network = GestureGCN(self.skeleton, len(self.classes) + 1, widths, strides)
            self.network.load_state_dict(tensors)
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise WeightError(f"{folder}: the tensors do not fit the card: {str(error).splitlines()[0]}") from error
        self.network.to(device()).eval()

    def recognise(self, body: BodyTrack) -> Recognised:
        """Probabilities of the gestures in a track, at every quarter of a second."""
        from perception.models.training_micro_gesture import recognise

        times_s, points = of_body(body, self.skeleton)
        middles_s = np.arange(float(times_s[0]), float(times_s[-1]) + 1e-6, BETWEEN_S)
        windows = np.stack([window_of(times_s, points, t, self.skeleton) for t in middles_s.tolist()])
        told = recognise(self.network, windows[..., None])[:, : len(self.classes)]
        return Recognised(middles_s.astype(np.float32), told, self.classes)
