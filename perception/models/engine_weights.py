"""Where an engine's trained weights are, for networks of which no public weights exist."""

import hashlib
from functools import cache
from pathlib import Path

from perception.models.trained import TENSORS, ModelCard, check_file, read_card
from perception.weights import WeightError, folders


def trained_folder(named: str, network: str, command: str, option: str) -> tuple[Path, ModelCard]:
    """The folder of trained weights that is named, or that of the network's name in a folder of weights; and its card.

    Args:
        named: by the user; empty: none.
        network: whose weights are wanted.
        command: that trains it, such as "micro-au".
        option: of the tool, by which a folder is named.

    Raises:
        WeightError: there is none, or its weights are of another network; with how to come by them.
    """
    usual = [folder / network for folder in folders()]
    folder = Path(named) if named else next((f for f in usual if f.is_dir()), usual[0])
    if not folder.is_dir():
        raise WeightError(
            f"no weights of {network} in {folder}: none are public; train them with "
            f"`mentalis train {command} DATA --out FOLDER` and put them there, or name their folder: {option}=FOLDER"
        )
    card = read_card(folder)
    if card.network != network:
        raise WeightError(f"{folder} holds weights of {card.network}, not of {network}")
    check_file(folder / TENSORS)
    return folder, card


def described(folder: Path) -> str:
    """A folder's weights as a report names them: by their hash, whatever the folder is called, and by their card."""
    card = read_card(folder)
    return f"{card.network}, sha256 {fingerprint(folder)[:16]}, trained on {card.trained_on}; {card.metric}"


def fingerprint(folder: Path) -> str:
    """A hash of the weights in a folder, on which results depend."""
    path = folder / TENSORS
    return _hash(path, path.stat().st_mtime_ns)


@cache
def _hash(path: Path, modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
