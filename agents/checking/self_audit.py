"""Self-audit: true and minimally falsified statements made from a report, and how well yes/no answers tell them apart.

After EmotionHallucer (arXiv 2505.11405): a pair counts only when both of its statements are answered rightly.
"""

import random
from collections.abc import Mapping, Sequence

from agents.checking.audit_statements import DIMENSIONS, EDITS, Dimension, Edit, Material, sentence, words
from agents.claims import Claim
from agents.codebook import Codebook
from perception.errors import MentalisError
from perception.evidence import Evidence, Frozen, Number, Seconds, Share


class SelfAuditError(MentalisError):
    """Answers to statements that were never put."""


class Statement(Frozen):
    """A statement about one person that the report makes true or false; `pair` names it and its counterpart."""

    id: str
    pair: str
    dimension: Dimension
    text: str
    holds: bool
    person: str
    start_s: Seconds
    end_s: Seconds


class AnsweredStatement(Frozen):
    """A statement and whether a model took it for true; none when it gave no answer."""

    statement: Statement
    answer: bool | None


class SelfAudit(Frozen):
    """How well a model told a report's true statements from falsified ones; what can't be told is none.

    An unanswered statement counts as wrong in both accuracies. It is neither a yes nor a no: yes bias and
    false positive ratio are those of the answered statements.
    """

    pairs: int
    answered: int
    unanswered: int
    accuracy: Share | None
    pair_accuracy: Share | None
    yes_bias: Number | None
    false_positive_ratio: Share | None
    by_dimension: dict[Dimension, Share]
    statements: tuple[AnsweredStatement, ...]


def statement_pairs(
    claims: Sequence[Claim],
    evidence: Evidence,
    codebook: Codebook,
    people: Sequence[str],
    count: int,
    seed: int,
) -> tuple[Statement, ...]:
    """At most `count` pairs of a true and a minimally falsified statement, all of them in random order.

    A statement is only false where the report says so: a falsified label is held by no claim and suggested by no rule
    there, and a falsified cue was measured in that person, then, and not seen. Dimensions take turns until one has no
    material left; where nothing can be stated, there are no statements. The same seed gives the same statements.

    Args:
        claims: the report's accepted claims; those that abstain state nothing.
        evidence: the report's evidence.
        codebook: that of the claims.
        people: ids of the people in the clip.
        count: of pairs, two statements each.
        seed: decides all choices and the order.
    """
    rng = random.Random(seed)
    material = Material(tuple(c for c in claims if not c.abstained), evidence, codebook, tuple(people), rng)
    waiting = [(dimension, EDITS[dimension](material)) for dimension in rng.sample(DIMENSIONS, len(DIMENSIONS))]
    pairs: list[tuple[Statement, Statement]] = []
    while waiting and len(pairs) < count:
        dimension, edits = waiting.pop(0)
        said = {statement.text for pair in pairs for statement in pair}
        name = f"{dimension}-{1 + sum(true.dimension == dimension for true, _ in pairs)}"
        drafts = (_stated(edit, dimension, name, rng) for edit in edits)
        fresh = next((pair for pair in drafts if said.isdisjoint(s.text for s in pair)), None)
        if fresh:
            pairs.append(fresh)
            waiting.append((dimension, edits))
    mixed = [statement for pair in pairs for statement in pair]
    rng.shuffle(mixed)
    return tuple(s.model_copy(update={"id": f"s{number}"}) for number, s in enumerate(mixed, 1))


def score(statements: Sequence[Statement], answers: Mapping[str, bool | None]) -> SelfAudit:
    """What the answers, by id of the statement, say of the model that gave them; a missing one is unanswered.

    Raises:
        SelfAuditError: an answer belongs to no statement.
    """
    strangers = sorted(set(answers) - {s.id for s in statements})
    if strangers:
        raise SelfAuditError(f"answers to {', '.join(strangers[:5])}: there are no such statements")
    truths, said = [s.holds for s in statements], [answers.get(s.id) for s in statements]
    unanswered = sum(answer is None for answer in said)
    right = _pairs_right(statements, answers)
    by_dimension: dict[Dimension, list[bool]] = {}
    for statement in statements:
        if statement.holds:
            by_dimension.setdefault(statement.dimension, []).append(right[statement.pair])
    return SelfAudit(
        pairs=len(right),
        answered=len(said) - unanswered,
        unanswered=unanswered,
        accuracy=accuracy(truths, said),
        pair_accuracy=_mean(list(right.values())),
        yes_bias=yes_bias(truths, said),
        false_positive_ratio=false_positive_ratio(truths, said),
        by_dimension={d: sum(r) / len(r) for d in DIMENSIONS if (r := by_dimension.get(d))},
        statements=tuple(AnsweredStatement(statement=s, answer=a) for s, a in zip(statements, said, strict=True)),
    )


def accuracy(truths: Sequence[bool], answers: Sequence[bool | None]) -> float | None:
    """Share of answers that are right, in [0, 1]; a missing answer is not, and of nothing there is no share."""
    return _mean([answer is truth for truth, answer in zip(truths, answers, strict=True)])


def yes_bias(truths: Sequence[bool], answers: Sequence[bool | None]) -> float | None:
    """(predicted yes - true yes) / answered, in [-1, 1], 0 without bias; none when nothing was answered."""
    answered = [(t, a) for t, a in zip(truths, answers, strict=True) if a is not None]
    return sum(a - t for t, a in answered) / len(answered) if answered else None


def false_positive_ratio(truths: Sequence[bool], answers: Sequence[bool | None]) -> float | None:
    """Share of wrong answers that were yes, in [0, 1], 0.5 without bias; none when no answer was wrong."""
    return _mean([a for t, a in zip(truths, answers, strict=True) if a is not None and a is not t])


def _stated(edit: Edit, dimension: Dimension, name: str, rng: random.Random) -> tuple[Statement, Statement]:
    """The true and the false statement of an edit, by the same template."""
    template = rng.choice(words().templates[dimension])
    true, false = (
        Statement(
            id="",  # a number once they are mixed, so that it tells nothing
            pair=name,
            dimension=dimension,
            text=sentence(template, edit, fact),
            holds=holds,
            person=fact.person,
            start_s=edit.start_s,
            end_s=edit.end_s,
        )
        for fact, holds in ((edit.true, True), (edit.false, False))
    )
    return true, false


def _pairs_right(statements: Sequence[Statement], answers: Mapping[str, bool | None]) -> dict[str, bool]:
    right: dict[str, bool] = {}
    for s in statements:
        right[s.pair] = right.get(s.pair, True) and answers.get(s.id) is s.holds
    return right


def _mean(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None
