"""What agents that share a prompt's beginning spare a vLLM server, against prompts that begin with the agent's task.

    python -m benchmarks.vllm_prefix CLIP --base-url URL [--model NAME] [--media auto] [--repeats 3] [--json]

Five calls of an analysis of one person (the three levels, the critic's first and the narrator; what the critic asks
then goes on from its first, and would find more in the cache) are sent one after the other, each for one token, so
that a call's seconds are those of its prompt. Each layout's prompts begin with words of their own, so that neither
finds anything of the other, or of an earlier run, in the server's cache; decoded media, which vLLM keeps apart, are
there for both, since a first round is not counted. Of the repeats, which take turns, the one of median wall time is
told. vLLM must run with --enable-prompt-tokens-details, as `mentalis model serve` has it.
"""

import argparse
import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import openai

from agents.agent import Agent, Message
from agents.behaviour import behaviour
from agents.case import Case
from agents.claims import LEVELS
from agents.cognition import cognition
from agents.emotion import emotion
from agents.models.abilities import Abilities
from agents.models.chat_model import ChatModel
from agents.narrator import narrator
from agents.pep_mek import take_notes
from agents.showing.media import Media, read_media
from agents.showing.messages import messages
from agents.showing.presentation import WAYS, Wanted
from benchmarks.measured_case import measured_case
from benchmarks.printing import print_result
from perception.errors import MentalisError

LEAST_CACHED = 0.75  # of the prompt tokens after the first call: what we promise


class Call(NamedTuple):
    """What the server did for one prompt."""

    agent: str
    prompt_tokens: int
    cached: int
    seconds: float


def analysis(case: Case, media: Media) -> dict[str, list[Message]]:
    """The messages of the five calls by agent, as the graph has them.

    Each level sees the claims of those before it; critic and narrator are asked about everyone.
    """
    levels: tuple[Agent[Any], ...] = (behaviour(), cognition(), emotion())
    asked = {}
    for number, agent in enumerate(levels):
        before = tuple(c for c in case.claims if c.level in LEVELS[:number])
        asked[agent.name] = messages(agent, replace(case, claims=before), media)
    last: tuple[Agent[Any], ...] = (take_notes(), narrator())
    return {**asked, **{agent.name: messages(agent, case.about(None), media) for agent in last}}


def role_first(asked: Sequence[Message]) -> list[Message]:
    """The same messages with the agent's task before all that agents share, as a role in the system message is."""
    system, user = asked
    *shared, task = user["content"]
    return [{**system, "content": f"{task['text']}\n\n{system['content']}"}, {**user, "content": shared}]


def salted(asked: Sequence[Message], salt: str) -> list[Message]:
    """The same messages behind words that no other prompt begins with."""
    system, *others = asked
    return [{**system, "content": f"Run {salt}.\n{system['content']}"}, *others]


def send(client: openai.OpenAI, model: str, asked: dict[str, list[Message]], salt: str) -> list[Call]:
    """Put the calls one after the other.

    Raises:
        MentalisError: the server does not tell what it had in its cache.
    """
    calls = []
    for agent, conversation in asked.items():
        sent: Any = salted(conversation, salt)
        started = time.perf_counter()
        usage = client.chat.completions.create(model=model, messages=sent, max_tokens=1, temperature=0).usage
        seconds = time.perf_counter() - started
        if usage is None or usage.prompt_tokens_details is None:
            raise MentalisError(
                f"{client.base_url} tells no cached tokens: start vLLM with --enable-prompt-tokens-details"
            )
        calls.append(Call(agent, usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens or 0, seconds))
    return calls


def share_cached(calls: Sequence[Call]) -> float:
    """Of the prompt tokens of all calls but the first."""
    return sum(c.cached for c in calls[1:]) / sum(c.prompt_tokens for c in calls[1:])


def measured(clip: Path, base_url: str, model: str | None, wanted: Wanted, repeats: int = 3) -> dict[str, list[Call]]:
    """The calls of both layouts, `task last` (ours) and `task first`, each on a cold prefix cache.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: the endpoint can't be used, or the clip has nothing to ask about.
    """
    name, able = asyncio.run(_endpoint(base_url, model))
    opened, case = measured_case(clip, able, wanted)
    ours = analysis(case, read_media(opened, case.presentation))
    layouts = {"task last": ours, "task first": {agent: role_first(asked) for agent, asked in ours.items()}}
    with openai.OpenAI(base_url=base_url, api_key="none") as client:
        send(client, name, ours, secrets.token_hex(8))
        rounds = [
            {layout: send(client, name, asked, secrets.token_hex(8)) for layout, asked in layouts.items()}
            for _ in range(repeats)
        ]
    return {layout: sorted((r[layout] for r in rounds), key=wall_s)[repeats // 2] for layout in layouts}


def wall_s(calls: Sequence[Call]) -> float:
    """Of all calls together."""
    return sum(call.seconds for call in calls)


async def _endpoint(base_url: str, model: str | None) -> tuple[str, Abilities]:
    client = ChatModel(model or "", base_url)
    try:
        client.name = model or next(iter(await client.served()), "")
        return client.name, await client.abilities()
    finally:
        await client.close()


def tables(layouts: dict[str, list[Call]]) -> dict[str, list[dict[str, Any]]]:
    """A table of each layout's calls, and one that compares them."""
    compared = {
        f"share cached after the first call (promised: {LEAST_CACHED})": share_cached,
        "tokens prefilled": lambda calls: sum(c.prompt_tokens - c.cached for c in calls),
        "wall time, s": wall_s,
    }
    rows = []
    for what, amount in compared.items():
        last, first = (round(amount(layouts[layout]), 3) for layout in ("task last", "task first"))
        rows.append({"what": what, "task_last": last, "task_first": first, "ratio": round(first / last, 2)})
    return {**{layout: [_row(call) for call in calls] for layout, calls in layouts.items()}, "compared": rows}


def _row(call: Call) -> dict[str, Any]:
    return {
        "what": call.agent,
        "prompt_tokens": call.prompt_tokens,
        "cached": call.cached,
        "prefilled": call.prompt_tokens - call.cached,
        "seconds": round(call.seconds, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model", help="the first that is served by default")
    parser.add_argument("--media", choices=("auto", *WAYS), default="auto", help="what the model is shown of the clip")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the tables")
    given = parser.parse_args()
    layouts = measured(given.clip, given.base_url, given.model, Wanted(media=given.media), given.repeats)
    print_result(tables(layouts), given.json)


if __name__ == "__main__":
    main()
