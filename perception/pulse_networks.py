"""Which networks turn pictures of a face into waves of its pulse: what each is fed, and where its weights are."""

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from perception.errors import OptionError, ToolError
from perception.face_crops import BoxRule
from perception.models import engine_weights
from perception.models.trained import TENSORS, check_file, read_card
from perception.weights import catalogue, find_weight, known

Floats = npt.NDArray[np.floating]
NetworkName = Literal["physnet", "factorizephys", "physformer", "physformer-standard", "open-rppg"]

QUARTERS = ("upper left quarter", "upper right quarter", "lower left quarter", "lower right quarter")  # of the picture
HALVES = ("left half", "right half")  # each completed by its mirror image
BY_MESH = BoxRule("mesh", "larger side", 1.5, stays_s=1.0)  # rPPG-Toolbox's face box x 1.5, found once in 30 frames


@dataclass(frozen=True)
class Kind:
    """What a network is fed and gives."""

    side_px: int
    frames: int  # at 30 a second, that it is fed at a time
    box: BoxRule
    places: tuple[str, ...]  # of the face, a wave of each
    weight: str | None  # the published weights' name in the catalogue
    else_from: str = ""  # where to get weights that are not in the catalogue


TOOLBOX = (
    "*_PhysFormer_DiffNormalized.pth of rPPG-Toolbox from "
    "https://github.com/ubicomplab/rPPG-Toolbox/tree/main/final_model_release (responsible-AI licence)"
)
AUTHORS = "Physformer_VIPL_fold1.pkl by way of https://github.com/ZitongYu/PhysFormer, which links to it (MIT)"
KINDS: dict[NetworkName, Kind] = {
    # Contrast-Phys: a square of 1.2 times the height of OpenFace's landmarks in the first frame, centred on each frame
    "physnet": Kind(128, 160, BoxRule("brows and jaw", "height", 1.2, stays_s=0.0), QUARTERS, "contrast_phys_physnet"),
    "factorizephys": Kind(72, 160, BY_MESH, HALVES, "PURE_FactorizePhys_FSAM_Res"),
    "physformer": Kind(128, 160, BY_MESH, HALVES, None, TOOLBOX),
    "physformer-standard": Kind(128, 160, BY_MESH, HALVES, None, AUTHORS),
    "open-rppg": Kind(128, 320, BY_MESH, HALVES, None),
}
OPEN_RPPG_MODEL = "FacePhys.rlap"  # its own default


class Network(Protocol):
    """A network that is loaded."""

    name: str  # as the option has it
    kind: Kind
    batch: int  # chunks that it is best fed at a time

    def waves(self, chunks: npt.NDArray[np.uint8]) -> Floats:
        """Waves (batch, places, frames) of chunks (batch, frames, side, side, 3), in any unit."""
        ...


@dataclass(frozen=True)
class Source:
    """A network and its weights, not loaded yet."""

    name: str  # as the option has it
    network: NetworkName
    path: Path | None  # file or folder of weights; none for a package that brings its own
    version: str  # changes with the weights

    @property
    def kind(self) -> Kind:
        """What it is fed."""
        return KINDS[self.network]


def mirrored_halves(pictures: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Pictures (..., height, width, 3) of the left half with its mirror image, and the same of the right half."""
    middle = pictures.shape[-2] // 2
    left, right = pictures[..., :middle, :], pictures[..., -middle:, :]
    whole = (left, left[..., ::-1, :]), (right[..., ::-1, :], right)
    return np.concatenate(whole[0], axis=-2), np.concatenate(whole[1], axis=-2)


def is_network(name: str) -> bool:
    """Whether this part of an option names a network or a folder of trained weights."""
    return name.partition(":")[0] in KINDS or "/" in name or Path(name).is_dir()


def source_of(name: str) -> Source:
    """Where a network's weights are.

    Args:
        name: a network's name, `NETWORK:FILE` for weights of one's own choice (for open-rppg, the model's name after
            the colon), or a folder that `mentalis train pulse` wrote.

    Raises:
        ToolError: it has no weights here; the line says what to download and from where.
        OptionError: the file or the folder is not there.
        WeightError: the folder holds something else.
    """
    network, _, given = name.partition(":")
    if network not in KINDS:
        return _trained(name)
    if network == "open-rppg":
        return _installed(name, given or OPEN_RPPG_MODEL)
    of: NetworkName = network
    if given:
        if not Path(given).is_file():
            raise OptionError(f"rppg.engine={name}: there is no file {given}")
        check_file(Path(given))
        return Source(name, of, Path(given), _hash(Path(given)))
    kind = KINDS[of]
    if kind.weight is None:
        raise ToolError(
            f"rppg.engine={name} needs weights that can't be downloaded here: get {kind.else_from} and name the file, "
            f"as in {name}:FILE, or a folder that `mentalis train pulse` wrote"
        )
    path = find_weight(kind.weight)
    if path is None:
        weight = known(kind.weight)
        raise ToolError(
            f"rppg.engine={name} needs its weights: mentalis weights download {weight.name} "
            f"(from {weight.url.split('/')[2]}, {weight.bytes / 1e6:.1f} MB; licence: {weight.licence})"
        )
    return Source(name, of, path, known(kind.weight).sha256)


def described(source: Source) -> str:
    """A network's weights as a report names them: by their hash, and by what is known of them."""
    if source.path is None:
        return f"{source.network} {source.version}"
    if source.path.is_dir():
        return engine_weights.described(source.path)
    published = next((w for w in catalogue() if w.sha256 == source.version), None)
    of = f", trained on {published.trained_on}; {published.metric}" if published else ", nothing is known of them"
    return f"{source.network}, sha256 {source.version[:16]}{of}"


def load(source: Source) -> Network:
    """Load a network with its weights.

    Raises:
        ToolError: torch, or the package, is not installed.
        WeightError: the weights are of another network or can't be read.
    """
    if source.network == "open-rppg":
        from perception.models.open_rppg import OpenRppg

        return OpenRppg(source)
    from perception.models.device import require_torch

    require_torch(f"rppg.engine={source.name}")
    from perception.models.pulse_network import PulseNetwork

    return PulseNetwork(source)


def _trained(name: str) -> Source:
    folder = Path(name)
    if not folder.is_dir():
        raise OptionError(f"rppg.engine={name}: there is no such folder of trained weights")
    card = read_card(folder)
    if card.network not in KINDS:
        raise OptionError(f"rppg.engine={name}: the folder holds weights of {card.network}, no network for the pulse")
    check_file(folder / TENSORS)
    return Source(name, card.network, folder, _hash(folder / TENSORS))


def _installed(name: str, model: str) -> Source:
    try:
        version = metadata.version("open-rppg")
    except metadata.PackageNotFoundError as error:
        raise ToolError(
            f"rppg.engine={name} needs the package open-rppg, which brings its weights: pip install open-rppg"
        ) from error
    return Source(name, "open-rppg", None, f"{version} {model}")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
