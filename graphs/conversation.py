"""The emotion of each utterance of a conversation, windows of some utterances at a time, with a running summary.

After BeMERC (2025, arXiv 2503.23990): captions of what was measured stand beside the words. In listener mode the
question is about the other person of a dyad (MER-Cross of the MER 2026 challenge).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.agent import Agent
from agents.by_rule.utterance_reasoner import suggested
from agents.case import Case
from agents.checking.confidence import calibrated
from agents.claims import TEXT_CHARACTERS
from agents.dialogue import About, RejectedAnswer, Said, Window, windows
from agents.summary import MOST_SENTENCES, Summary, summary
from agents.utterance_emotion import (
    BACKGROUND,
    Conversation,
    EmotionDrafts,
    UtteranceEmotion,
    abstention,
    as_claim,
    checked,
    utterance_emotion,
)
from graphs.events import Event
from graphs.talk import (
    Graph,
    Talk,
    TalkState,
    case_of,
    follow,
    lay_out,
    outcome,
    perceive,
    said_in,
)
from graphs.window_asking import Answered, ask_all, ask_one, cost, draft_of, sureness
from perception.evidence import Evidence

STRATEGY = "conversation"  # whose calibrations hold for it
UNANSWERED = "The model did not answer."
LONGEST_SUMMARY = ("x" * TEXT_CHARACTERS,) * MOST_SENTENCES  # what room is kept for before there is one


async def converse(talk: Talk, on_event: Callable[[Event], None] | None = None) -> Conversation:
    """Judge every utterance of a conversation.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: the worker process that measures went over a limit or crashed.
    """
    talk = replace(talk, background=BACKGROUND)
    state = await follow(build(), talk, on_event)
    return Conversation(
        about=talk.about,
        utterances=tuple(UtteranceEmotion.model_validate(result) for result in state["results"]),
        summary=tuple(state["summaries"][-1]),
        codebook=talk.codebook.id,
        calibrations=talk.calibrations,
        **outcome(state, talk),
    )


async def board(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """Choose what a model is shown beside the words."""
    talk = runtime.context
    every = [question(w, LONGEST_SUMMARY, state, talk) for w in parts(state, talk)]
    return await lay_out(state, talk, every)


async def summarise(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """A summary before each window, of all that is too long ago to be told word by word; empty where nothing is."""
    talk, case = runtime.context, case_of(state, runtime.context)
    until = 0
    told: tuple[str, ...] = ()
    summaries: list[list[str]] = []
    answers: list[Answered[Summary]] = []
    for window in parts(state, talk):
        agent = renewal(window, until, told, state, talk)
        if talk.model is not None and agent is not None and not (answers and answers[-1].content is None):
            answer = await ask_one(window, agent, case, talk, runtime.stream_writer)
            case = replace(case, presentation=answer.presentation)
            answers.append(answer)
            told = answer.content.sentences if answer.content else told
            until = window.earlier
        summaries.append(list(told))
    update: TalkState = {"summaries": summaries, "presentation": case.presentation.model_dump(mode="json")}
    return {**update, **cost("summary", answers)}


async def judge(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """Ask about each window, check what is answered, and abstain where nothing can be asked or holds."""
    talk, case = runtime.context, case_of(state, runtime.context)
    if talk.model is None:
        said = said_in(state, talk)
        told = [unanswerable(s, case.evidence, talk.about) or suggested(s, case, talk.about) for s in said]
        return {"results": [r.model_dump(mode="json") for r in told], "rejected": []}
    results = [r for s in said_in(state, talk) if (r := unanswerable(s, case.evidence, talk.about))]
    answers = await ask_all(questions(state, talk), case, talk, runtime.stream_writer)
    rejected: list[RejectedAnswer] = []
    for answer in answers:
        seen = replace(case, presentation=answer.presentation)
        for one in answer.window.asked:
            result, refused = judged(one, answer, seen, talk)
            results.append(result)
            rejected += [refused] if refused else []
    results.sort(key=lambda r: r.index)
    return {
        "results": [r.model_dump(mode="json") for r in results],
        "rejected": [r.model_dump(mode="json") for r in rejected],
        **cost("utterance emotion", answers),
    }


def judged(
    said: Said, answer: Answered[EmotionDrafts], case: Case, talk: Talk
) -> tuple[UtteranceEmotion, RejectedAnswer | None]:
    """What an answer says of an utterance, checked, and as sure as its label's tokens or its samples make it."""
    draft = draft_of(answer.content, said)
    if draft is None:
        return abstention(said, talk.about, UNANSWERED), None
    sure = sureness(said, answer, "label", talk.codebook.ids("emotion"), as_claim)
    return checked(said, draft, case, talk.about, calibrated(sure, "emotion", talk.calibrations))


def build() -> Graph:
    """The compiled graph."""
    graph = StateGraph(TalkState, context_schema=Talk)
    graph.add_sequence([perceive, board, summarise, judge])
    graph.add_edge(START, "perceive")
    graph.add_edge("judge", END)
    return graph.compile(name="conversation")


def parts(state: TalkState, talk: Talk) -> list[Window]:
    """The conversation as windows."""
    return windows(said_in(state, talk), talk.context)


def renewal(window: Window, until: int, told: Sequence[str], state: TalkState, talk: Talk) -> Agent[Summary] | None:
    """What is asked so that a summary of the first utterances reaches to a window; none where it does already."""
    if window.earlier <= until:
        return None
    return summary(told, said_in(state, talk)[until : window.earlier], case_of(state, talk).fence)


def questions(state: TalkState, talk: Talk) -> list[tuple[Window, Agent[EmotionDrafts]]]:
    """What is asked, window by window, of the utterances that can be asked about."""
    evidence = case_of(state, talk).evidence
    settled = {s.index for s in said_in(state, talk) if unanswerable(s, evidence, talk.about)}
    return [
        (window, question(window, told, state, talk))
        for whole, told in zip(parts(state, talk), state["summaries"], strict=True)
        if (window := whole.without(settled)).asked
    ]


def question(window: Window, told: Sequence[str], state: TalkState, talk: Talk) -> Agent[EmotionDrafts]:
    """What is asked about a window."""
    return utterance_emotion(window, told, talk.about, case_of(state, talk).fence)


def unanswerable(said: Said, evidence: Evidence, about: About) -> UtteranceEmotion | None:
    """An abstention where the one whom it is about can't be told or was not seen; none where it can be asked."""
    if about == "speaker":
        return None
    if len({o.person for o in evidence.of("face_visible")}) != 2:
        return abstention(said, about, "There are not exactly two people in view: who listens is not known.")
    if said.subject is None:
        return abstention(said, about, "Who speaks is not known, and so is who listens.")
    if not any(o.kind == "face_visible" for o in said.evidence):
        return abstention(said, about, f"The face of {said.subject}, who listens, was not seen meanwhile.")
    return None
