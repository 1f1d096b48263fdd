"""The gestures that were measured, looked at once more by the model: confirmed, doubted or rejected."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.claims import Verdict
from agents.gesture_check import Looked, confidence_after, look, outcome
from agents.models.errors import ModelError
from agents.report import TokenUse
from agents.showing.zoom import body_boxes, crops
from graphs.events import AgentFinished, AgentStarted
from graphs.perceiving import Tell, measure
from graphs.state import Setup, State
from graphs.store import keep
from perception.evidence import Abstention, Evidence, Observation, Signal
from perception.micro_gestures import gestures

TOOL, RATE, CHECK = "micro_gestures", "gesture_rate", "gesture_seen"
MOST = 12  # gestures that are looked at, the surest first
FEWEST_PICTURES, MOST_PICTURES, PICTURES_PER_S = 4, 8, 2.0
LOOKED_AT_WITH = ("bodies", "faces")  # tools that tell where someone is


def wanted(setup: Setup) -> bool:
    """Whether gestures are to be looked at, and there are a picture and a model that looks."""
    return setup.check_gestures and setup.model is not None and setup.video is not None


async def check_gestures(state: State, setup: Setup, tell: Tell) -> State:
    """Ask the model about each gesture, and keep the evidence as it is afterwards; only where that is wanted."""
    started = time.perf_counter()
    evidence = setup.store.get(state["evidence"], Evidence)
    asked = sorted((o for o in evidence.observations if _is_gesture(o)), key=lambda o: (-o.confidence, o.id))[:MOST]
    if not asked:
        return {}
    tell(AgentStarted(agent="gesture_check"))
    where = replace(setup, tools=(body_boxes(), *(t for t in setup.tools if t.name in LOOKED_AT_WITH)))
    boxes = [s for s in (await measure(where, lambda event: None)).signals if s.tool == "body_boxes"]
    answers = await asyncio.gather(*(_asked(gesture, boxes, setup) for gesture in asked))
    looked = {o.id: a for o, a in zip(asked, answers, strict=True) if isinstance(a, Looked)}
    failed = [a for a in answers if isinstance(a, ModelError)]
    tokens = sum((a.tokens for a in answers), TokenUse())
    seconds, failures = time.perf_counter() - started, list(dict.fromkeys(map(str, failed)))
    told = "; ".join(failures) or None
    tell(AgentFinished(agent="gesture_check", seconds=seconds, tokens=tokens, error=told))
    return {
        "evidence": await keep(setup.store, after(evidence, looked)),
        "verdicts": [v.model_dump(mode="json") for v in verdicts(asked, looked)],
        "failures": [{"stage": "gesture check", "what": failure} for failure in failures],
        "tokens": tokens.model_dump(),
        "seconds": {"check_gestures": seconds},
    }


def after(evidence: Evidence, looked: Mapping[str, Looked]) -> Evidence:
    """The evidence with the gestures' new confidences, without those that were rejected, and rates that fit."""
    kept: list[Observation] = []
    abstentions = [*evidence.abstentions]
    for o in evidence.observations:
        if o.id not in looked:
            kept.append(o)
        elif confidence := confidence_after(o, looked[o.id]):
            kept.append(o.model_copy(update={"confidence": confidence}))
        else:
            reason = f"{o.id} ({o.text}) does not count: in pictures of it no gesture was seen"
            abstentions.append(Abstention(tool=TOOL, person=o.person, reason=reason))
    observations = tuple(_rate(o, evidence, kept) if o.kind == RATE else o for o in kept)
    return evidence.model_copy(update={"observations": observations, "abstentions": tuple(abstentions)})


def verdicts(asked: list[Observation], looked: Mapping[str, Looked]) -> list[Verdict]:
    """What the look says of each gesture; the claim that a verdict is of is the observation."""
    found = []
    for gesture in (gesture for gesture in asked if gesture.id in looked):
        answer = looked[gesture.id].answer
        what = outcome(gesture, answer.gesture)
        if what != "unclear":
            detail = f"{what}: {answer.gesture} is seen in the pictures ({answer.reason})"
            found.append(Verdict(check=CHECK, claim=gesture.id, passed=what in ("confirmed", "alike"), detail=detail))
    return found


def _rate(rate: Observation, before: Evidence, kept: list[Observation]) -> Observation:
    """How often someone makes gestures, counted anew where some of them were rejected."""

    def count(observations: Any) -> int:
        return sum(o.person == rate.person and _soothes(o) for o in observations)

    counted, now = count(before.observations), count(kept)
    if counted == now or rate.value is None:
        return rate
    value = round(rate.value * now / counted, 1)
    text = f"{rate.person} makes {value:.0f} self-soothing gestures a minute (self-touch, pressed lips), after a look"
    return rate.model_copy(update={"value": value, "text": text})


def _soothes(o: Observation) -> bool:
    return o.tool == TOOL and o.kind in gestures() and gestures()[o.kind].group == "stress"


def _is_gesture(o: Observation) -> bool:
    return o.tool == TOOL and o.kind != RATE


async def _asked(gesture: Observation, boxes: list[Signal], setup: Setup) -> Looked | ModelError:
    """What the model sees of a gesture, or why it does not say."""
    assert setup.model is not None
    assert setup.video is not None
    wanted = round(PICTURES_PER_S * (gesture.end_s - gesture.start_s))
    count = min(max(wanted, FEWEST_PICTURES), MOST_PICTURES)
    shown = crops(gesture.start_s, gesture.end_s, count, gesture.person, boxes)
    try:
        return await look(gesture, setup.video, shown, setup.model)
    except ModelError as error:
        return error
