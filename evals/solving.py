"""The graphs of the project as solvers of benchmarks, unchanged: what each makes of an item."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from agents.choosing import Question
from agents.claims import Claim, ConfidenceFrom, Level
from agents.codebook import load_codebook
from agents.dialogue import utterance_id
from agents.models.errors import ModelError
from agents.pep_mek import Statement
from agents.report import Failure, Report
from evals.benchmark import Item, Outcome, Prediction
from evals.errors import DatasetError
from evals.run import Run
from graphs import conversation, incongruity, mental_state
from graphs.choosing import Ask, Choice, choose
from graphs.conversation import converse
from graphs.incongruity import incongruities
from graphs.pep_mek import VARIANTS, background, verify
from graphs.pep_mek import Question as Verification
from graphs.preparing import prepare
from graphs.state import STRATEGIES
from graphs.store import PassingStore
from graphs.talk import Talk
from perception.clip import Clip
from perception.transcripts import Utterance, Words

NOTHING_SAID = "an answer is missing: the model said nothing of what was asked"
VOTES = 5  # draws of the strategy `vote` of a choice, as many as of an analysis
CHOOSING = ("single", "vote")  # strategies of a choice
TALKING = ("conversation",)
ANALYSING = ("cascade+critic", *(s for s in STRATEGIES if s != "cascade+critic"))  # the first is what serves

_graph = cache(mental_state.build)


async def analysis(item: Item, run: Run, **changes: Any) -> Report:
    """The report on an item's clip or words; `changes` are fields of the graph's setup.

    Raises:
        MentalisError: the clip can't be used.
    """
    import langsmith

    clip = await clip_of(item)
    setup = run.setup(clip, strategy=run.conditions.strategy, **changes)
    with langsmith.tracing_context(enabled=False):  # nothing phones home, whatever the environment says
        state = await _graph(strategy=setup.strategy).ainvoke({}, context=setup)
    return setup.store.get(state["report"], Report)


def reported(report: Report, predictions: tuple[Prediction, ...]) -> Outcome:
    """What an analysis makes of an item; the report goes without its signals, which are large."""
    evidence = report.evidence.model_copy(update={"signals": ()})
    shown = report.model_copy(update={"evidence": evidence}).model_dump_json()
    failures = told(report.failures, predictions)
    return Outcome(predictions=predictions, tokens=report.provenance.tokens, failures=failures, report=shown)


def told(failures: Iterable[Failure], predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """What went wrong, a line each, and whether an answer that was asked for is missing."""
    lines = tuple(f"{failure.stage}: {failure.what}" for failure in failures)
    missing = any(p.value is None and not p.abstained for p in predictions)
    return (*lines, NOTHING_SAID) if missing else lines


def surest(report: Report, level: Level, neutral: str | None) -> Claim | None:
    """The surest claim of a level, about one person where people were seen; none when all abstain.

    The neutral label, which holds unless something speaks against it, is the clip's only when nothing else is claimed.
    """
    people = bool(report.people)
    claims = [c for c in report.claims if c.level == level and (c.person is not None) == people and not c.abstained]
    return min(claims, key=lambda c: (c.label == neutral, -c.confidence), default=None)


def of_claim(claim: Claim | None, report: Report, level: Level) -> Prediction:
    """A claim's label as a prediction; none: an abstention, or no answer where a model said nothing of the level.

    What it said and no check let stand is withheld: an abstention of the system.
    """
    if claim is None:
        withheld = level in {r.level for r in report.rejected} - {c.level for c in report.claims}
        abstained = report.provenance.model is None or level in {c.level for c in report.claims}
        return Prediction(abstained=abstained or withheld, withheld=withheld)
    return Prediction(value=claim.label, confidence=claim.confidence, confidence_from=claim.confidence_from)


async def of_level(item: Item, run: Run, level: Level) -> Outcome:
    """The label of a clip at one level: that of its surest claim."""
    report = await analysis(item, run)
    neutral = (run.codebook or load_codebook("basic")).neutral.get(level)
    return reported(report, (of_claim(surest(report, level, neutral), report, level),))


async def of_utterances(item: Item, run: Run) -> Outcome:
    """The emotion of each utterance of a dialogue, or of those whose places (from 1) `given["asked"]` has."""
    talk = await talk_of(item, run)
    found = await converse(talk)
    asked = item.given.get("asked") or [u.index for u in found.utterances]
    judged = {u.index: u for u in found.utterances}
    refused = {rejected.utterance for rejected in found.rejected}
    predictions = tuple(
        Prediction(value=u.label, confidence=u.confidence, confidence_from=u.confidence_from)
        if not (u := judged[index]).abstained
        else Prediction(abstained=u.reason != conversation.UNANSWERED, withheld=u.id in refused)
        for index in asked
    )
    failures = told(found.failures, predictions)
    report = found.model_dump_json(exclude={"evidence"})
    return Outcome(predictions=predictions, tokens=found.tokens, failures=failures, report=report)


async def of_sarcasm(item: Item, run: Run) -> Outcome:
    """Whether the last utterance of a clip is meant sarcastically, by the conflict of its words with face and voice."""
    talk = await talk_of(item, run)
    found = await incongruities(talk)
    last = len(talk.utterances)
    if last in found.not_judged:
        predictions = (Prediction(abstained=found.not_judged[last] != incongruity.UNANSWERED),)
    elif utterance_id(last) in {rejected.utterance for rejected in found.rejected}:
        predictions = (Prediction(abstained=True, withheld=True),)  # a conflict that does not hold is no word for none
    else:
        conflict = next((c for c in found.conflicts if c.index == last and c.kind == "sarcasm"), None)
        predictions = (
            Prediction(value=True, confidence=conflict.confidence, confidence_from=conflict.confidence_from)
            if conflict
            else Prediction(value=False),
        )
    failures = told(found.failures, predictions)
    report = found.model_dump_json(exclude={"evidence"})
    return Outcome(predictions=predictions, tokens=found.tokens, failures=failures, report=report)


async def choices(item: Item, run: Run, questions: tuple[Question, ...]) -> tuple[list[Choice], Outcome]:
    """What is chosen of each question about an item, and the outcome, whose predictions the caller fills in."""
    draws = VOTES if run.conditions.strategy == "vote" and run.model is not None else 1
    made = await choose(Ask(run.setup(await clip_of(item)), questions, draws))
    outcome = Outcome(predictions=(), tokens=made.tokens, failures=made.failures, report=made.model_dump_json())
    return [made.choices[question.id] for question in questions], outcome


def of_choice(
    value: Any, run: Run, confidence: float | None = None, source: ConfidenceFrom | None = None
) -> Prediction:
    """What was chosen as a prediction; nothing is an abstention of the rules, but of a model no (valid) answer."""
    if value is None:
        return Prediction(abstained=run.model is None)
    return Prediction(value=value, confidence=confidence, confidence_from=source)


async def statements(item: Item, run: Run, texts: tuple[str, ...]) -> Outcome:
    """Whether each statement holds of an item, put to the model one by one by the variant that the strategy names.

    Raises:
        DatasetError: there is no model: statements are verified by one.
    """
    if run.model is None:
        raise DatasetError("statements are verified by a model: name one with --model")
    variant = VARIANTS[run.conditions.strategy]
    setup = run.setup(await clip_of(item))
    case, notes = await prepare(setup, lambda event: None, background(variant))
    predictions, tokens, failures, said = [], [], [*notes], []
    for text in texts:  # apart: an answer must not lean on the other statement of its pair
        try:
            found = await verify(Verification(case, setup.video, run.model, (Statement("s1", text),), variant))
        except ModelError as error:
            if not error.tokens.calls + error.tokens.calls_from_cache:
                raise  # it can't be reached: the item is asked again
            predictions.append(Prediction())  # it never gave a valid answer
            tokens.append(error.tokens)
            failures.append(str(error))
            continue
        holds, probability = found.final["s1"], found.probabilities.get("s1")
        sure = None if probability is None else probability if holds else 1 - probability
        source: ConfidenceFrom | None = "label_probability" if sure is not None else None
        predictions.append(Prediction(value=holds, confidence=sure, confidence_from=source))
        tokens.append(found.tokens)
        failures += found.notes
        said.append({"statement": text, "holds": holds, "first": found.first["s1"], "reason": found.reasons.get("s1")})
    spent = sum(tokens[1:], tokens[0])
    return Outcome(
        predictions=tuple(predictions),
        tokens=spent,
        failures=tuple(failures),
        report=json.dumps({"verified": said}, ensure_ascii=False),
    )


async def talk_of(item: Item, run: Run) -> Talk:
    """An item's conversation.

    Raises:
        DatasetError: nothing is said in it.
        MentalisError: the clip can't be used.
    """
    clip = await clip_of(item)
    words = clip.utterances if isinstance(clip, Words) else clip.transcript
    if not words:
        raise DatasetError(f"{item.id}: nothing is said in it: its transcript is missing or empty")
    return Talk(
        utterances=words,
        codebook=run.codebook or load_codebook("basic"),
        store=PassingStore(),
        name=clip.name if isinstance(clip, Words) else clip.path.name,
        sha256=clip.sha256,
        setup=run.setup(clip, model=None) if isinstance(clip, Clip) else None,
        language=clip.language if isinstance(clip, Words) else clip.transcript_language,
        model=run.model,
        about="listener" if item.given.get("about") == "listener" else "speaker",
        samples=run.conditions.samples,
        calibrations=run.calibrations,
    )


async def clip_of(item: Item) -> Clip | Words:
    """The clip of an item with its words, or its words alone.

    Raises:
        MentalisError: the clip or its transcript can't be used.
        DatasetError: there is neither clip nor word.
    """
    if item.clip is not None:
        clip = await asyncio.to_thread(_opened, item.clip, item.transcript)
        if not item.words:
            return clip
        language = item.language or clip.transcript_language
        return clip.model_copy(
            update={"transcript": _spread(item.words, clip.duration_s), "transcript_language": language}
        )
    if not item.words:
        raise DatasetError(f"{item.id}: there is neither a clip nor a word of it")
    said = json.dumps([u.model_dump(mode="json") for u in item.words], ensure_ascii=False)
    sha256 = hashlib.sha256(said.encode()).hexdigest()
    return Words(name=item.id, sha256=sha256, utterances=item.words, language=item.language)


def _spread(words: tuple[Utterance, ...], seconds: float) -> tuple[Utterance, ...]:
    """Utterances without times of their own, one after the other over the whole clip."""
    if any(u.timed for u in words):
        return words
    scale = seconds / words[-1].end_s
    return tuple(
        u.model_copy(update={"start_s": u.start_s * scale, "end_s": min(u.end_s * scale, seconds)}) for u in words
    )


@lru_cache(maxsize=256)
def _opened(clip: Path, transcript: Path | None) -> Clip:
    return Clip.open(clip, transcript=transcript)


def spoken(texts: list[tuple[str | None, str]], seconds: float = 3.0) -> tuple[Utterance, ...]:
    """Utterances of which only speaker and words are known, one after the other, each of so many seconds."""
    return tuple(
        Utterance(start_s=n * seconds, end_s=(n + 1) * seconds, speaker=speaker, text=text, timed=False)
        for n, (speaker, text) in enumerate(texts)
    )
