"""Encoders that put pictures of faces and sentences into one space: CLIP, SigLIP, and EmoCapCLIP once it is public."""

import importlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from perception.errors import ToolError
from perception.models.device import device, reduced_precision, require_torch
from perception.models.quiet_loading import check_whole, no_bar

if TYPE_CHECKING:
    from torch import Tensor

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]  # (height, width, 3)
T = TypeVar("T")

BATCH = 32  # pictures or sentences at a time
KINDS = ("clip", "siglip")  # of transformers' models: those with one vector for a picture and one for a sentence
PADDED = ("siglip",)  # trained on sentences filled up to their longest, without a mask (Zhai et al. 2023)
NO_EMOCAPCLIP = (
    "EmoCapCLIP's weights are not public (Sun et al. 2025: https://github.com/sunlicai/EmoCapCLIP has neither code nor "
    "weights); once you have them, give face_captions.model=<folder in the layout of transformers' CLIP>, or use "
    "face_captions.engine=clip"
)


class FaceTextEncoder(Protocol):
    """Encodes faces and sentences so that what belongs together points the same way."""

    name: str
    logit_scale: float  # by which a cosine is multiplied before a softmax or sigmoid

    def encode_image(self, faces: Sequence[Picture]) -> Floats:
        """Pictures as rows of length 1, shape (faces, d)."""
        ...

    def encode_text(self, sentences: Sequence[str]) -> Floats:
        """Sentences as rows of length 1, shape (sentences, d)."""
        ...


class TransformersEncoder:
    """A CLIP (Radford et al. 2021) or SigLIP (Zhai et al. 2023) checkpoint, on the GPU where there is one."""

    def __init__(self, name_or_folder: str) -> None:
        """Load a hub id or a local folder.

        Raises:
            ToolError: torch or transformers is not installed, or there is no such checkpoint.
        """
        require_torch("a CLIP")
        local = Path(name_or_folder).is_dir()
        self.name = Path(name_or_folder).name if local else name_or_folder  # a report does not tell where folders lie
        self._kind, self._model, self._pictures, self._words = _load(name_or_folder)
        self.logit_scale = float(self._model.logit_scale.detach().exp())
        self._longest = int(self._model.config.text_config.max_position_embeddings)

    def encode_image(self, faces: Sequence[Picture]) -> Floats:
        """Pictures as rows of length 1, shape (faces, d); scaled and normalised as the checkpoint's own file says."""
        return _in_batches(self._see, faces)

    def encode_text(self, sentences: Sequence[str]) -> Floats:
        """Sentences as rows of length 1, shape (sentences, d); what is too long is cut."""
        return _in_batches(self._read, sentences)

    def _see(self, faces: Sequence[Picture]) -> "Tensor":
        inputs = self._pictures(images=list(faces), return_tensors="pt", input_data_format="channels_last")
        return _vectors(self._model.get_image_features(pixel_values=inputs["pixel_values"].to(device())))

    def _read(self, sentences: Sequence[str]) -> "Tensor":
        padded = self._kind in PADDED
        inputs = self._words(
            list(sentences),
            padding="max_length" if padded else True,
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        ).to(device())
        mask = {} if padded else {"attention_mask": inputs["attention_mask"]}
        return _vectors(self._model.get_text_features(input_ids=inputs["input_ids"], **mask))


def face_encoder(engine: str, model: str) -> FaceTextEncoder:
    """The encoder of an engine, loaded once in a process.

    Args:
        engine: `clip` (any CLIP or SigLIP) or `emocapclip`.
        model: hub id or folder; of EmoCapCLIP a folder only.

    Raises:
        ToolError: there is no such checkpoint, or a library is missing.
    """
    if engine == "emocapclip":
        require_emocapclip(model)
    folder = Path(model).expanduser()
    return _encoder(str(folder) if folder.is_dir() else model, fingerprint(model))


def require_emocapclip(folder: str) -> None:
    """Say where EmoCapCLIP's weights are not.

    Raises:
        ToolError: the folder does not hold them.
    """
    if not folder or not (Path(folder).expanduser() / "config.json").is_file():
        raise ToolError(NO_EMOCAPCLIP)


def fingerprint(model: str) -> str | None:
    """What tells a folder's checkpoint from another that takes its place: names, sizes and times of its files."""
    folder = Path(model).expanduser()
    if not model or not folder.is_dir():
        return None
    files = sorted((path.name, path.stat()) for path in folder.iterdir() if path.is_file())
    return json.dumps([[name, stat.st_size, stat.st_mtime_ns] for name, stat in files])


@lru_cache(maxsize=1)
def _encoder(name_or_folder: str, fingerprint: str | None) -> FaceTextEncoder:
    return TransformersEncoder(name_or_folder)


def _load(name_or_folder: str) -> tuple[str, Any, Any, Any]:
    """Kind, network, picture processor and tokenizer of a checkpoint."""
    try:
        transformers: Any = importlib.import_module("transformers")  # some of its classes have types, some have none
    except ImportError as error:
        raise ToolError("a CLIP needs transformers: python scripts/install.py neural") from error
    from safetensors import SafetensorError

    try:
        kind = transformers.AutoConfig.from_pretrained(name_or_folder).model_type
        if kind not in KINDS:
            raise ToolError(f"{name_or_folder} is a {kind}, neither a CLIP nor a SigLIP")
        pictures = transformers.AutoImageProcessor.from_pretrained(name_or_folder, backend="pil")  # no torchvision
        words = transformers.AutoTokenizer.from_pretrained(name_or_folder)
        with no_bar():
            model, told = transformers.AutoModel.from_pretrained(name_or_folder, output_loading_info=True)
    except ImportError as error:  # a tokenizer of its own library
        raise ToolError(f"{name_or_folder} needs a further library: {_line(error)}") from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        why = f"{name_or_folder} can't be loaded as a CLIP or SigLIP checkpoint ({_line(error)})"
        raise ToolError(f"{why}; give a folder that holds one, or its hub id where the hub can be reached") from error
    check_whole(name_or_folder, told)
    return kind, model.eval().to(device()), pictures, words


def _in_batches(encode: "Callable[[Sequence[T]], Tensor]", items: Sequence[T]) -> Floats:
    import torch

    rows = []
    with torch.inference_mode(), reduced_precision():
        for start in range(0, len(items), BATCH):
            vectors = encode(items[start : start + BATCH]).float()
            rows.append(torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy())
    return np.concatenate(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def _vectors(output: Any) -> "Tensor":
    """The projected vectors; earlier releases of transformers return them bare."""
    vectors: Tensor = getattr(output, "pooler_output", output)
    return vectors


def _line(error: BaseException) -> str:
    return " ".join((str(error).strip().splitlines() or [type(error).__name__])[0].split())
