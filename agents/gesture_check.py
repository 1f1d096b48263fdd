"""The gesture check: which gesture, if any, someone makes in a few pictures. It is not told what was measured.

Some frames, exactly one name of a closed list: so the public repository Leedeng/TCSVT2026 asks Qwen2.5-VL about
iMiGUE. Prompt and list are ours, and the factors below are choices of ours, not fitted to labels.
"""

from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import create_model

from agents.agent import Message, Model
from agents.claims import Line
from agents.models.json_schema import server_schema
from agents.models.label_odds import label_odds
from agents.report import TokenUse
from agents.showing.messages import fill
from agents.showing.zoom import Crop, picture_parts
from perception.clip import Clip
from perception.evidence import Frozen, Observation
from perception.gesture_network import other_words
from perception.micro_gestures import gestures

NONE, UNCLEAR = "none", "cant_tell"
PROMPT = "gesture_check.md"
NOT_TOLD = 0.5  # probability of an answer whose tokens' probabilities the model does not tell
CONFIRMS = 0.5  # of the doubt that is left, as much of it as the model is sure goes
ANOTHER = 0.5  # factor on the confidence of a gesture that the model calls by another name

Outcome = Literal["confirmed", "alike", "another", "rejected", "unclear"]


class GestureAnswer(Frozen):
    """The gesture that was seen."""

    reason: Line
    gesture: str


class Looked(NamedTuple):
    """What came of a look at a gesture, and what it cost."""

    answer: GestureAnswer
    probability: float  # of the answer
    tokens: TokenUse


@cache
def kinds() -> dict[str, str]:
    """Every gesture that may be answered, in words."""
    known = {kind: gesture.words for kind, gesture in gestures().items()}
    return {**known, **other_words(), NONE: "none of these", UNCLEAR: "it can't be seen"}


async def look(gesture: Observation, clip: Clip, shown: tuple[Crop, ...], model: Model) -> Looked:
    """Show the model pictures of a gesture's time and ask which gesture it is.

    Raises:
        ClipError: the clip can't be decoded.
        ModelError: the model can't be reached, takes no pictures, or never gives a valid answer.
    """
    import asyncio

    content = {
        "person": gesture.person or "the person",
        "kinds": [*kinds().items()][:-2],  # the prompt itself says when it is none, or can't be told
        "start_ms": round(gesture.start_s * 1000),
        "end_ms": round(gesture.end_s * 1000),
    }
    pictures = await asyncio.to_thread(picture_parts, clip, shown, "body")
    asked: list[Message] = [
        {"role": "user", "content": [*pictures, {"type": "text", "text": fill(PROMPT, content)}]},
    ]
    answer = await model.answer(asked, GestureAnswer, server_schema(_narrowed()), odds=True)
    (odds,) = label_odds(answer.odds, "gesture", tuple(kinds())) or [None]
    probability = odds.get(answer.content.gesture, NOT_TOLD) if odds else NOT_TOLD
    return Looked(answer.content, probability, answer.tokens)


def outcome(gesture: Observation, answer: str) -> Outcome:
    """What an answer means for a gesture that was measured; kinds of one class of a data set are alike."""
    if answer == UNCLEAR or answer not in kinds():
        return "unclear"
    if answer == NONE:
        return "rejected"
    if answer == gesture.kind:
        return "confirmed"
    mine, other = gestures().get(gesture.kind), gestures().get(answer)
    alike = mine and other and ({*mine.imigue} & {*other.imigue} or {*mine.smg} & {*other.smg})
    return "alike" if alike else "another"


def confidence_after(gesture: Observation, looked: Looked) -> float:
    """How sure the gesture is after the look, in [0, 1]; of one that was rejected 0."""
    before, what = gesture.confidence, outcome(gesture, looked.answer.gesture)
    if what == "confirmed":
        return before + CONFIRMS * looked.probability * (1 - before)
    return before * {"alike": 1.0, "unclear": 1.0, "another": ANOTHER, "rejected": 0.0}[what]


@cache
def _narrowed() -> type[GestureAnswer]:
    names: Any = Literal[tuple(kinds())]
    made: type[GestureAnswer] = create_model("GestureAnswer", __base__=GestureAnswer, gesture=(names, ...))
    return made
