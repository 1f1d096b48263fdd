"""One clip, one emotion: judged by the graph over conversations or by the analysis of a clip, as the strategy says."""

from collections.abc import Callable
from typing import Any

from agents.codebook import Codebook, load_codebook
from evals.benchmark import Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.run import Run
from evals.solving import TALKING, analysis, of_claim, of_utterances, reported, surest
from graphs.state import STRATEGIES as ANALYSES

STRATEGIES = (*TALKING, *ANALYSES)  # the conversation judges words without a model as well


def codebook_of(run: Run) -> Codebook:
    """The codebook of a run."""
    return run.codebook or load_codebook("basic")


async def of_clip(item: Item, run: Run) -> Outcome:
    """The emotion of a clip or its words, or of each utterance that is asked about where the item is a dialogue.

    Raises:
        DatasetError: the strategy is not made for the item: it judges one clip, or what is said.
    """
    if run.conditions.strategy in TALKING:
        return await of_utterances(item, run)
    if "asked" in item.given:
        raise DatasetError(f"{item.id}: a dialogue is judged by the strategy {', '.join(TALKING)} alone")
    report = await analysis(item, run)
    claim = surest(report, "emotion", codebook_of(run).neutral.get("emotion"))
    return reported(report, (of_claim(claim, report, "emotion"),))


async def labels_of(item: Item, run: Run) -> Outcome:
    """All emotions that are claimed of a clip or its words, as a list of words; each once, the surest first.

    Raises:
        DatasetError: the strategy judges what is said, and nothing is.
    """
    if run.conditions.strategy in TALKING:
        outcome = await of_utterances(item, run)
        return recast(outcome, lambda label: [_in_words(label)])
    report = await analysis(item, run)
    claims = sorted((c for c in report.claims if c.level == "emotion" and not c.abstained), key=lambda c: -c.confidence)
    value = list(dict.fromkeys(_in_words(claim.label) for claim in claims))
    prediction = Prediction(value=value) if value else of_claim(None, report, "emotion")
    return reported(report, (prediction,))


def _in_words(label: str) -> str:
    return label.replace("_", " ")


def recast(outcome: Outcome, as_asked: Callable[[Any], Any]) -> Outcome:
    """The same outcome with other values; what has none keeps none."""
    predictions = tuple(
        p if p.value is None else p.model_copy(update={"value": as_asked(p.value)}) for p in outcome.predictions
    )
    return outcome.model_copy(update={"predictions": predictions})
