"""Cards of learned engines whose weights are not ours to give: source, licence, training data, metric, limits."""

import os
from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Frozen
from perception.weights import Weight, WeightError, catalogue

FILE = Path(__file__).parent / "data" / "engine_cards.yaml"


class EngineCard(Frozen):
    """What is known of an engine's weights; "not stated" where nothing is."""

    name: str
    engine: str  # the option that chooses it
    source: str
    get: str  # from where, and how
    licence: str
    trained_on: str
    metric: str  # the figure together with its protocol
    limits: str
    used_by: tuple[str, ...]  # tools


@cache
def engine_cards() -> tuple[EngineCard, ...]:
    """All of them."""
    return tuple(EngineCard.model_validate(card) for card in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def card_of(name: str) -> EngineCard | Weight:
    """The card of an engine, or of weights in the catalogue.

    Raises:
        WeightError: nothing has this name; it lists what there is.
    """
    every: tuple[EngineCard | Weight, ...] = (*catalogue(), *engine_cards())
    cards = {card.name: card for card in every}
    if name not in cards:
        what = f"there is no folder {name}" if os.sep in name else f"nothing is called {name!r}, and no folder is"
        raise WeightError(f"{what}; give a folder of weights that `mentalis train` wrote, or one of {', '.join(cards)}")
    return cards[name]
