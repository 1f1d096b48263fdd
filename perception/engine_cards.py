"""Cards of learned engines whose weights are not ours to give: source, licence, training data, metric, limits."""

from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Frozen

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


def engine_card(name: str) -> EngineCard | None:
    """The card of a name, if there is one."""
    return next((card for card in engine_cards() if card.name == name), None)
