"""Whether an endpoint's answers keep to every agent's schema: at temperature 1, each with a seed of its own.

    python -m benchmarks.structured_outputs CLIP --base-url URL [--model NAME] [--calls 200] [--agents a,b] [--json]

Valid: the first answer was read, and keeps to the schema that the server was given (labels, ids and times of the
clip). Repaired: a later one was, after our client had asked again. A model with random weights is the hardest case.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from agents.agent import Agent, ask
from agents.all_levels import all_levels
from agents.behaviour import behaviour
from agents.case import Case
from agents.chat import MOST_FRAMES, Choices, chat
from agents.chat_history import Open, Said
from agents.choosing import Question, choosing
from agents.cognition import cognition
from agents.debate import opponent, proposer
from agents.dialogue import dialogue, windows, with_words
from agents.emotion import emotion
from agents.incongruity import incongruity
from agents.models.chat_model import ChatModel
from agents.models.errors import ModelAnswerError
from agents.narrator import narrator
from agents.pep_mek import MOST_STATEMENTS, Statement, explain, predict, take_notes
from agents.showing.media import Media, read_media
from agents.showing.messages import claims_json
from agents.summary import summary
from agents.utterance_emotion import utterance_emotion
from benchmarks.measured_case import measured_case
from benchmarks.printing import print_result
from perception.errors import MentalisError
from perception.tool import factories
from perception.transcripts import Utterance

CALLS, AT_ONCE = 200, 8
QUESTION = '"What does P1 do when the brows go up?"'  # as a JSON string
TO_CHOOSE = (
    Question(id="q1", asks="What does P1 do?", options=("smile", "frown", "neither")),
    Question(id="q2", asks="Which of these are heard?", options=("a laugh", "a sigh", "a voice"), several=True),
)
MADE_UP = (
    Utterance(start_s=0.2, end_s=1.0, speaker="A", text="I did not expect that at all."),
    Utterance(start_s=1.2, end_s=2.0, speaker="A", text="Well, that is just great."),
)


class Outcome(NamedTuple):
    """Of one question: valid, repaired, or what was wrong; and the tokens of its answers."""

    what: str
    tokens: int


def agents_of(case: Case) -> tuple[Agent[Any], ...]:
    """Every agent, about the claims of the case where it is about claims."""
    texts = [claim.text for claim in case.claims if not claim.abstained][:MOST_STATEMENTS]
    statements = tuple(Statement(f"c{n}", text) for n, text in enumerate(texts))
    window = windows(dialogue(case.clip.transcript, case.evidence))[0]
    asked = Said(question=QUESTION, open=get_args(Open), calls_left=1)
    return (
        behaviour(),
        cognition(),
        emotion(),
        all_levels(),
        proposer(),
        opponent(claims_json(case)),
        take_notes(),
        predict(statements),
        explain(statements),
        narrator(),
        utterance_emotion(window, (), "speaker", case.fence),
        summary((), window.shown, case.fence),
        incongruity(window, case.fence),
        choosing(TO_CHOOSE, case.fence),
        chat(asked, Choices(tools=tuple(factories()), frames=MOST_FRAMES), case.fence, opening=True),
    )


def with_speech(case: Case) -> Case:
    """The case with made-up words where the clip has no transcript."""
    words = case.clip.transcript or MADE_UP
    clip = case.clip.model_copy(update={"transcript": words})
    return replace(case, clip=clip, evidence=with_words(case.evidence, words, "en"))


async def outcome(agent: Agent[Any], case: Case, model: ChatModel, media: Media, sample: int) -> Outcome:
    """Put a question once (with our client's repairs).

    Raises:
        ModelError: the endpoint can't be reached or refuses.
    """
    try:
        answer = await ask(agent, case, model, media, sample=sample)
    except ModelAnswerError as error:
        return Outcome(str(error).rpartition("tries: ")[2], error.tokens.completion_tokens)
    if answer.tokens.calls > 1:
        return Outcome("repaired", answer.tokens.completion_tokens)
    return Outcome(kept(answer.content, agent.narrowed(case)), answer.tokens.completion_tokens)


def kept(content: BaseModel, narrowed: type[BaseModel]) -> str:
    """`valid`, or that an answer does not keep to the narrower type whose schema the server was given."""
    try:
        narrowed.model_validate(content.model_dump())
    except ValidationError as error:
        return f"against the schema: {error.errors()[0]['msg']}"
    return "valid"


async def measured(
    clip: Path, base_url: str, name: str | None, calls: int, only: Collection[str] = ()
) -> list[dict[str, Any]]:
    """A row for each agent, or for those named: answers valid at once, repaired or neither, and how fast they came.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: the endpoint can't be used, or the clip has nothing to ask about.
    """
    model = ChatModel(name or "", base_url, temperature=1.0, concurrency=AT_ONCE)
    try:
        model.name = name or next(iter(await model.served()), "")
        opened, case = await asyncio.to_thread(measured_case, clip, await model.abilities())
        case = with_speech(case)
        media = read_media(opened, case.presentation)
        agents = {agent.name: agent for agent in agents_of(case)}
        if unknown := set(only) - set(agents):
            raise MentalisError(f"no such agents: {', '.join(unknown)}; there are: {', '.join(agents)}")
        rows = []
        for agent in (agents[name] for name in (only or agents)):
            rows.append(await of_agent(agent, case, model, media, calls))
            print(*rows[-1].values(), sep="  ", file=sys.stderr)  # each takes minutes
        return rows
    finally:
        await model.close()


async def of_agent(agent: Agent[Any], case: Case, model: ChatModel, media: Media, calls: int) -> dict[str, Any]:
    """The row of one agent."""
    started = time.perf_counter()
    outcomes = await asyncio.gather(*(outcome(agent, case, model, media, sample) for sample in range(calls)))
    seconds = time.perf_counter() - started
    counts = Counter(o.what for o in outcomes)
    valid, repaired = counts.pop("valid", 0), counts.pop("repaired", 0)
    return {
        "what": agent.name,
        "calls": calls,
        "valid": valid,
        "repaired": repaired,
        "invalid": sum(counts.values()),
        "tokens_an_answer": round(sum(o.tokens for o in outcomes) / calls),
        "calls_per_s": round(calls / seconds, 2),
        "wrong": "; ".join(f"{n}x {why}" for why, n in counts.most_common(3)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model", help="the first that is served by default")
    parser.add_argument("--calls", type=int, default=CALLS, help="of each agent")
    parser.add_argument("--agents", default="", help="names of those that are asked; all by default")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    rows = asyncio.run(
        measured(given.clip, given.base_url, given.model, given.calls, given.agents.split(",") if given.agents else [])
    )
    print_result({"structured outputs": rows}, given.json)


if __name__ == "__main__":
    main()
