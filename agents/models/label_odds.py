"""How sure a model is of a label: by the probabilities of the label's tokens, or by how many samples agree."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import ChoiceLogprobs
    from openai.types.chat.chat_completion_token_logprob import ChatCompletionTokenLogprob, TopLogprob

# A JSON string and, if it is a key, its value where that is a string or null. Strings are read one after the other, so
# that a key which is only quoted inside a text is not taken for one.
PAIR = re.compile(rb'("(?:[^"\\]|\\.)*")(?:\s*:\s*("(?:[^"\\]|\\.)*"|null))?', re.DOTALL)
AFTER_A_VALUE = b",}]"
NOT_SPELT = "\N{REPLACEMENT CHARACTER}".encode()  # or nothing at all: how vLLM tells of a part of a character
SECONDS_DIGITS = 6  # finer differences of times are rounding


class TokenOdds(NamedTuple):
    """A token of an answer, its log probability, and the likeliest tokens in its place with theirs."""

    token: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...]


class LabelledSpan(NamedTuple):
    """A label that one sample of an answer gave to a stretch of time."""

    label: str
    start_s: float
    end_s: float


def token_odds(logprobs: "ChoiceLogprobs | None") -> tuple[TokenOdds, ...]:
    """What an endpoint tells of an answer's tokens (`choices[0].logprobs`); nothing if it tells nothing."""
    told = (logprobs.content if logprobs else None) or ()
    return tuple(TokenOdds(*_token(t), tuple(_token(other) for other in t.top_logprobs or ())) for t in told)


def label_odds(tokens: Sequence[TokenOdds], field: str, labels: tuple[str, ...]) -> list[dict[str, float] | None]:
    """The probability of each label at each place where the answer fills in `field`, in the answer's order.

    At each token of the value, the chosen token and its alternatives are weighed by their probabilities, less those
    that lead to no label (a server may give probabilities from before its grammar's mask): what a grammar that allows
    the labels alone would have drawn from. What departs from the chosen way is shared evenly by the labels that it
    still leads to; what leaves the same labels open as the chosen token follows that one.

    A label that no observed token leads to is given an upper bound: as much as the least probable token observed there,
    as long as all such labels together stay within the probability that no observed token has. It holds for labels
    that one token begins, since a token outside of the top is not more probable than the last inside.

    Args:
        tokens: those of the JSON answer alone, without reasoning before it.
        field: name of the key, at any depth.
        labels: all that the value may be, without JSON escapes.

    Returns:
        For each occurrence probabilities over all labels that sum to 1; None where the value is null or no label, or
        where the probabilities or bytes of its tokens do not tell.
    """
    return [odds for _, odds in _places(tokens, field, labels)]


def label_odds_under(
    tokens: Sequence[TokenOdds], field: str, labels: tuple[str, ...], keys: Collection[str]
) -> dict[str, dict[str, float] | None]:
    """The same of an answer that is an object with these keys, each with a `field`: by key, in whatever order."""
    return {key: odds for key, odds in _places(tokens, field, labels, keys) if key is not None}


def sample_agreement(label: str, start_s: float, end_s: float, samples: Sequence[Sequence[LabelledSpan]]) -> float:
    """Share of the samples, in [0, 1], that give the label to at least half of a stretch of time.

    Args:
        label: the label in question.
        start_s: begin of the stretch.
        end_s: its end; the same as its begin for a moment, which a span has to contain.
        samples: what each answer says of the same person, the answer in question included.

    Raises:
        ValueError: no samples.
    """
    if not samples:
        raise ValueError("agreement needs samples, the answer in question at least")
    agreeing = [_holds([s for s in sample if s.label == label], start_s, end_s) for sample in samples]
    return sum(agreeing) / len(agreeing)


def _places(
    tokens: Sequence[TokenOdds], field: str, labels: tuple[str, ...], keys: Collection[str] = ()
) -> Iterator[tuple[str | None, dict[str, float] | None]]:
    """Each place where the answer fills in the field, with the last of the keys before it."""
    answer = b"".join(t.token for t in tokens)
    begins = list(accumulate((len(t.token) for t in tokens), initial=0))
    wanted, values = _quoted(field), {_quoted(label) for label in labels}
    owners, owner = {_quoted(key): key for key in keys}, None
    for pair in PAIR.finditer(answer):
        if pair[1] in owners and answer[pair.end() :].lstrip().startswith(b":"):
            owner = owners[pair[1]]
        if pair[1] != wanted or pair[2] is None:
            continue
        start, end = pair.span(2)
        within = [n for n in range(len(tokens)) if begins[n] < end and begins[n + 1] > start]
        before = answer[begins[within[0]] : start]  # the first token may begin ahead of the value
        ways = {label: before + _quoted(label) for label in labels}
        yield owner, _walk([tokens[n] for n in within], ways) if pair[2] in values else None


def _walk(tokens: Sequence[TokenOdds], ways: dict[str, bytes]) -> dict[str, float] | None:
    """Probabilities of labels along the chosen tokens; `ways` are the bytes still to come for each label."""
    odds, reached = dict.fromkeys(ways, 0.0), 1.0
    for token in tokens:
        if len(ways) == 1:
            break
        masses, chosen = _masses(token, ways), _led_to(token.token, ways)
        total = sum(masses.values())
        if not total or not chosen or _hidden(token, ways):
            return None
        for group, mass in masses.items():
            for label in group if group != chosen else ():
                odds[label] += reached * mass / total / len(group)
        reached *= masses[chosen] / total
        ways = {label: ways[label][len(token.token) :] for label in chosen}
    (answered,) = ways
    odds[answered] += reached
    return odds


def _masses(token: TokenOdds, ways: dict[str, bytes]) -> dict[tuple[str, ...], float]:
    """Probability at a token by the labels that are left open after it; it need not sum to 1."""
    observed = {text: math.exp(logprob) for text, logprob in (*token.top, (token.token, token.logprob))}
    masses: dict[tuple[str, ...], float] = defaultdict(float)
    for text, probability in observed.items():
        if labels := _led_to(text, ways):
            masses[labels] += probability
    unseen = set(ways).difference(*masses)
    left = max(0.0, 1 - sum(observed.values()))
    for label in unseen:
        masses[(label,)] = min(*observed.values(), left / len(unseen))
    return masses


def _hidden(token: TokenOdds, ways: dict[str, bytes]) -> bool:
    """Whether a token that the server could not spell out, as a part of a character, may have led to a label."""
    heads = {text.split(NOT_SPELT)[0] for text, _ in token.top if not text or NOT_SPELT in text}
    return any(way.startswith(h) and way[len(h) : len(h) + 1] >= b"\x80" for h in heads for way in ways.values())


def _led_to(text: bytes, ways: dict[str, bytes]) -> tuple[str, ...]:
    """The labels that a token is a part of, or the end of and no more than JSON's own signs after it."""
    return tuple(
        label
        for label, way in ways.items()
        if text and (way.startswith(text) or (text.startswith(way) and text[len(way) :].lstrip()[:1] in AFTER_A_VALUE))
    )


def _holds(spans: list[LabelledSpan], start_s: float, end_s: float) -> bool:
    if start_s == end_s:
        return any(s.start_s <= start_s <= s.end_s for s in spans)
    covered_s, reached_s = 0.0, start_s
    for span in sorted(spans, key=lambda s: s.start_s):
        until_s = min(span.end_s, end_s)
        covered_s += max(0.0, until_s - max(span.start_s, reached_s))
        reached_s = max(reached_s, until_s)
    return round(2 * covered_s - (end_s - start_s), SECONDS_DIGITS) >= 0


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _token(told: "ChatCompletionTokenLogprob | TopLogprob") -> tuple[bytes, float]:
    return told.token.encode(errors="replace") if told.bytes is None else bytes(told.bytes), told.logprob
