"""Trained networks in a folder: safetensors beside the card that says what they are. No pickle is written or run."""

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from perception.evidence import Frozen
from perception.models.training_tables import Table, write_rows
from perception.weights import WeightError

if TYPE_CHECKING:
    from torch import Tensor

PICKLED = b"\x80"  # a pickle's first byte
CARD, TENSORS, PART = "card.yaml", "model.safetensors", ".part"
PREDICTIONS, PROBABILITIES, GOLD = "predictions.csv", "probabilities.csv", "gold.csv"
Setting = bool | int | float | str | None


class ModelCard(Frozen):
    """What a network is, where it comes from, and what may be expected of it."""

    network: str  # which class of `perception.models` the weights are of
    settings: dict[str, Setting | list[Setting]]  # what it is built with
    source: str  # paper, repository or who trained it
    licence: str
    trained_on: str
    metric: str  # the figure together with its protocol; "not evaluated" where there is none
    limits: str


def save_trained(
    folder: Path, card: ModelCard, tensors: Mapping[str, "Tensor"], tables: Mapping[str, Table] | None = None
) -> None:
    """Write a network's tensors, tables of its test and its card; nothing of an earlier training stays beside them.

    All is written before anything earlier goes. What was there goes before the first new file comes, its card first,
    and the new card comes last: a folder with a card is whole and of one training, whenever the writing is cut off.

    Args:
        folder: made where it is not there; other files in it stay.
        card: what the network is.
        tensors: by their names.
        tables: by file name, of `PREDICTIONS`, `PROBABILITIES` and `GOLD`.
    """
    from safetensors.torch import save_file

    part = folder / PART
    shutil.rmtree(part, ignore_errors=True)  # of a training that was cut off
    part.mkdir(parents=True)
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, part / TENSORS)
    for name, table in (tables or {}).items():
        write_rows(part / name, table)
    told = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    (part / CARD).write_text(told, encoding="utf-8")
    for name in (CARD, TENSORS, PREDICTIONS, PROBABILITIES, GOLD):
        (folder / name).unlink(missing_ok=True)
    for name in (*(tables or {}), TENSORS, CARD):
        os.replace(part / name, folder / name)
    part.rmdir()


def load_trained(folder: Path, network: str) -> tuple[ModelCard, dict[str, "Tensor"]]:
    """The card and the tensors of a folder that `save_trained` wrote.

    Raises:
        WeightError: there is no such folder, it is not whole, or it holds another network.
    """
    card = read_card(folder)
    if card.network != network:
        raise WeightError(f"{folder} holds weights of {card.network}, not of {network}")
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return card, load_file(folder / TENSORS)
    except (OSError, SafetensorError) as error:
        raise WeightError(f"{folder / TENSORS} can't be read: {_line(error)}") from error


def check_file(path: Path) -> None:
    """Refuse a file of weights that is cut short or is none, before anything else is done: its ends tell.

    Raises:
        WeightError: saying which it is.
    """
    if not path.is_file():
        raise WeightError(f"{path} is not there: the folder holds no weights")
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="np"):
                return
        except (OSError, SafetensorError) as error:
            raise WeightError(f"{path} is cut short, or no safetensors ({_line(error)}); get it anew") from error
    with path.open("rb") as file:
        is_old = file.read(1) == PICKLED  # as torch wrote files before its version 1.6
    if not is_old and not zipfile.is_zipfile(path):
        raise WeightError(f"{path} is cut short, or no file of torch; get it anew")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def read_card(folder: Path) -> ModelCard:
    """The card in a folder of weights.

    Raises:
        WeightError: there is none, or it is not one.
    """
    path = folder / CARD
    try:
        return ModelCard.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise WeightError(f"{folder} holds no {CARD}: it is not a folder of trained weights") from error
    except (yaml.YAMLError, ValidationError) as error:
        raise WeightError(f"{path} is not a model card: {_line(error)}") from error


def read_checkpoint(path: Path) -> dict[str, "Tensor"]:
    """A state dictionary that others published, without the `module.` of data-parallel training. Nothing is unpickled.

    Raises:
        WeightError: the file is no such thing, or holds more than tensors.
    """
    import pickle

    import torch
    from safetensors import SafetensorError

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        what = f"{path} holds more than tensors, which is never loaded"
        raise WeightError(f"{what}: save its state_dict alone") from error
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError) as error:
        raise WeightError(f"{path} is no file of weights that may be read: {_line(error)}") from error
    if not isinstance(state, Mapping) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise WeightError(f"{path} holds something else than a network's tensors")
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}
