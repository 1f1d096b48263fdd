"""How much each observation bears on the labels that are asked for, by sentence embeddings."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from agents.claims import LEVELS
from agents.codebook import Codebook
from perception.errors import MentalisError
from perception.evidence import Observation


class EmbedderError(MentalisError):
    """A sentence embedder that can't be loaded."""


def relevance(observations: Iterable[Observation], codebook: Codebook, embedder: str) -> dict[str, float]:
    """Cosine of each observation's text with the label definition nearest to it, in [0, 1], by observation id.

    Args:
        observations: of one clip.
        codebook: the labels of all levels, so that the result is the same for every agent.
        embedder: a sentence-transformers model (Reimers & Gurevych 2019): its id or folder.

    Raises:
        EmbedderError: sentence-transformers is not installed, or the model can't be loaded.
    """
    model = load_embedder(embedder)
    texts = {o.id: o.text for o in observations}
    labels = [f"{label.name}: {label.definition}" for level in LEVELS for label in codebook.labels(level)]
    if not texts:
        return {}
    lines = model.encode(list(texts.values()), normalize_embeddings=True)
    nearest = (lines @ model.encode(labels, normalize_embeddings=True).T).max(axis=1)
    return dict(zip(texts, np.clip(nearest, 0, 1).tolist(), strict=True))


@lru_cache(maxsize=1)
def load_embedder(embedder: str) -> Any:
    """A sentence-transformers model by its id or folder; the last one is kept.

    Raises:
        EmbedderError: sentence-transformers is not installed, or the model can't be loaded.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbedderError("an embedder needs sentence-transformers: python scripts/install.py neural") from error
    try:
        return SentenceTransformer(embedder, device="cpu")
    except Exception as error:  # of many kinds: hub, files, configuration
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise EmbedderError(f"the embedder {embedder!r} can't be loaded: {line}") from error
