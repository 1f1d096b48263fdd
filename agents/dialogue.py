"""A conversation as its agents see it: utterances with their ids, who says each, and what was measured meanwhile."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agents.behaviour_captions import SAME_TIME_S, SOUND, WORDS, caption, meanwhile
from perception.evidence import Evidence, Frozen, Observation
from perception.lexicon import is_english, valence
from perception.transcripts import Utterance

About = Literal["speaker", "listener"]
CONTEXT = 8  # utterances before the ones in question that are told word by word
ASKED = 6  # utterances a call
LEXICAL, WRITTEN = 0.6, 0.9  # confidence in words with a lexicon's valence, and without: as perception.speech has it


@dataclass(frozen=True)
class Said:
    """One utterance."""

    index: int  # from 1
    utterance: Utterance
    person: str | None  # who says it, as a track; none: not known
    subject: str | None  # whom it is asked about: who says it, or who listens
    evidence: tuple[Observation, ...]  # of the subject meanwhile; of a speaker also words and sound

    @property
    def id(self) -> str:
        """The id of its words as an observation."""
        return utterance_id(self.index)


def utterance_id(index: int) -> str:
    """The id of an utterance's words as an observation."""
    return f"{WORDS}-{index}"


class Window(NamedTuple):
    """The utterances of one question, those just before, and the number of those before them."""

    earlier: int
    context: tuple[Said, ...]
    shown: tuple[Said, ...]
    asked: tuple[Said, ...]  # of those shown; of the others there is nothing to ask

    def without(self, indices: Collection[int]) -> "Window":
        """The same window, some utterances not asked about."""
        return self._replace(asked=tuple(said for said in self.asked if said.index not in indices))


class RejectedAnswer(Frozen):
    """What was answered about an utterance and did not hold, and why."""

    utterance: str
    text: str
    reason: str


def with_words(evidence: Evidence, utterances: Sequence[Utterance], language: str | None) -> Evidence:
    """The evidence with an observation `utterance-N` of each utterance, where the speech tool made none."""
    known = {o.id for o in evidence.observations}
    english = is_english(" ".join(u.text for u in utterances), language)
    missing = [
        Observation(
            id=utterance_id(n),
            tool="transcript",
            kind=WORDS,
            start_s=u.start_s,
            end_s=u.end_s,
            value=valence(u.text) if english else None,
            unit="lexical valence -1 to 1" if english else None,
            confidence=LEXICAL if english else WRITTEN,
            quality=1.0,
            text=f"{u.speaker or 'someone'} says: “{u.text}”",
        )
        for n, u in enumerate(utterances, 1)
        if utterance_id(n) not in known
    ]
    observations = sorted((*evidence.observations, *missing), key=lambda o: (o.start_s, o.end_s, o.id))
    return evidence.model_copy(update={"observations": tuple(observations)})


def who_speaks(utterances: Sequence[Utterance], evidence: Evidence) -> list[str | None]:
    """The track of each utterance's speaker: whose lips moved, else whom the same name mostly went with elsewhere.

    Of two named speakers and two people, one is known by the other.
    """
    lips = [moving_lips(u, evidence) for u in utterances]
    named: dict[str, str] = {}
    for name in {u.speaker for u in utterances if u.speaker}:
        seen = Counter(p for u, p in zip(utterances, lips, strict=True) if p and u.speaker == name)
        if seen and seen.most_common(1)[0][1] > seen.total() / 2:
            named[name] = seen.most_common(1)[0][0]
    people = {o.person for o in evidence.of("face_visible") if o.person}
    named |= _left_over({u.speaker for u in utterances}, people, named)
    return [p or named.get(u.speaker or "") for u, p in zip(utterances, lips, strict=True)]


def dialogue(utterances: Sequence[Utterance], evidence: Evidence, about: About = "speaker") -> tuple[Said, ...]:
    """The utterances in order of time, each with whom it is asked about and what was measured of them meanwhile."""
    people = sorted({o.person for o in evidence.of("face_visible") if o.person})
    told = []
    for index, (u, person) in enumerate(zip(utterances, who_speaks(utterances, evidence), strict=True), 1):
        subject = person if about == "speaker" else _other(person, people)
        seen = meanwhile(evidence, subject, u.start_s, u.end_s)
        own = [o for o in seen if o.kind == SOUND or o.id == utterance_id(index) or o.person is not None]
        if about == "listener":  # words and sound are those of who speaks
            own = [o for o in own if o.person is not None]
        told.append(Said(index, u, person, subject, tuple(own)))
    return tuple(told)


def windows(said: Sequence[Said], context: int = CONTEXT, asked: int = ASKED) -> list[Window]:
    """The conversation as questions about so many utterances at a time, each with as many before it as are told."""
    cut = []
    for at in range(0, len(said), asked):
        earlier, shown = max(0, at - context), tuple(said[at : at + asked])
        cut.append(Window(earlier, tuple(said[earlier:at]), shown, shown))
    return cut


def row(said: Said) -> str:
    """An utterance as a line of JSON: a transcript's words are data, whatever they say."""
    content = {
        "id": said.id,
        "start_ms": round(said.utterance.start_s * 1000),
        "end_ms": round(said.utterance.end_s * 1000),
        "speaker": said.utterance.speaker,
        "speaker_track": said.person,
        "words": said.utterance.text,
        "about": said.subject,
        "measured": caption(said.evidence),
    }
    return json.dumps(content, ensure_ascii=False)


def rows(said: Sequence[Said]) -> str:
    """Utterances as lines of JSON."""
    return "\n".join(map(row, said)) or "(none)"


def moving_lips(utterance: Utterance, evidence: Evidence) -> str | None:
    """Whose lips moved in an utterance; none where no lips did, or were seen."""
    speaking = evidence.of("speaking")
    return next((o.person for o in speaking if abs(o.start_s - utterance.start_s) < SAME_TIME_S), None)


def _left_over(speakers: Collection[str | None], people: Collection[str], named: dict[str, str]) -> dict[str, str]:
    """Of exactly two speakers, all named, and exactly two people: the one who is left, when the other is known."""
    if len(speakers) != 2 or None in speakers or len(people) != 2 or len(named) != 1:
        return {}
    ((name, person),) = named.items()
    left = _other(person, sorted(people))
    return {speaker: left for speaker in speakers if speaker and speaker != name and left}


def _other(person: str | None, people: Sequence[str]) -> str | None:
    """Who listens: the other of exactly two people."""
    if len(people) != 2 or person not in people:
        return None
    return people[1] if person == people[0] else people[0]
