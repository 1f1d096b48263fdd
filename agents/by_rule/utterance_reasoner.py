"""The emotion of an utterance without a language model: the rules of the knowledge base, and the words' valence."""

from dataclasses import replace

from agents.by_rule.knowledge_base import rules_of
from agents.by_rule.reasoner import NEUTRAL_CONFIDENCE, reason
from agents.case import Case
from agents.checking.checks import accept, within_traces
from agents.checking.confidence import stated
from agents.claims import Alternative, Claim
from agents.codebook import Label
from agents.dialogue import About, Said
from agents.utterance_emotion import UtteranceEmotion, abstention, emotion_of
from perception.evidence import Evidence, Observation

MARKED = 0.5  # lexical valence, either way, from which words name a label; weaker ones leave it neutral (words.yaml)
SIGNED = 0.3  # valence of a label that words can name
CONCEPTS = ("positive_words", "negative_words")


def suggested(said: Said, case: Case, about: About) -> UtteranceEmotion:
    """What face, body and words of an utterance suggest, a finding before a default; confidences are low by design."""
    neutral = case.codebook.neutral.get("emotion")
    claims = [
        _within_traces(c, case.about(said.subject)) for c in (*_by_signs(said, case), *_by_words(said, case, about))
    ]
    claims.sort(key=lambda c: (c.label == neutral, -c.confidence))
    if not claims:
        return abstention(said, about, why_not(said, about))
    first, *rest = claims
    second = next((c for c in rest if c.label != first.label), None)
    if second is not None and not first.alternatives:
        other = Alternative(label=second.label, probability=second.confidence)
        first = first.model_copy(update={"alternatives": (other,)})
    return emotion_of(said, about, first)


def why_not(said: Said, about: About) -> str:
    """Why nothing can be said."""
    if about == "listener":
        return "Nothing that was measured of the listener suggests any label."
    if said.subject is None:
        return "No language model: the speaker was not seen or is not known, and the words have no known valence."
    return f"No language model: nothing that was measured of {said.subject} or of the words suggests any label."


def _by_signs(said: Said, case: Case) -> list[Claim]:
    """The claim of the reasoner on what was measured of the person meanwhile that holds longest and surest."""
    if said.subject is None:
        return []
    about = replace(case.about(said.subject), evidence=_cut(case.evidence, said))
    drafts = reason("emotion", about).claims
    claims, _, _ = accept(drafts, "emotion", about, sure=[stated(draft, "rule") for draft in drafts])
    held = [c for c in claims if not c.abstained]
    neutral = case.codebook.neutral.get("emotion")
    held.sort(key=lambda c: (c.label == neutral, -c.confidence * (c.end_s - c.start_s)))
    return held[:1]


def _by_words(said: Said, case: Case, about: About) -> list[Claim]:
    """A label of the words' sign; the more labels have that sign, the less sure it is. Without one: neutral."""
    words = next((o for o in said.evidence if o.id == said.id and o.value is not None), None)
    if about == "listener" or words is None or words.value is None:
        return []
    value, strength = words.value, max(rule.strength for rule in rules_of(CONCEPTS))
    fitting = [label for label in case.codebook.labels("emotion") if (label.valence or 0.0) * value > 0]
    fitting = [label for label in fitting if abs(label.valence or 0.0) >= SIGNED]
    if abs(value) < MARKED:
        neutral = case.codebook.neutral.get("emotion")
        text = "The words have no clear valence; this label is the default, not a finding."
        return [_claim(neutral, NEUTRAL_CONFIDENCE * words.confidence, text, (), words, said)] if neutral else []
    if not fitting:
        return []
    fitting.sort(key=lambda label: _distance(label, value))
    share = strength * abs(value) * words.confidence / len(fitting)
    others = tuple(Alternative(label=label.id, probability=share) for label in fitting[1:3])
    sign = "positive" if value > 0 else "negative"
    text = f"The words are {sign} by a lexicon ({value:+.1f}), which knows no irony; {len(fitting)} labels are so."
    return [_claim(fitting[0].id, share, text, others, words, said)]


def _within_traces(claim: Claim, case: Case) -> Claim:
    """The claim, no surer than traces of how the clip was made allow; the reasoner saw none of what is nobody's."""
    sure = within_traces(claim.confidence, claim.evidence, case, claim.start_s, claim.end_s)
    return claim.model_copy(update={"confidence": sure})


def _distance(label: Label, value: float) -> float:
    return abs((label.valence or 0.0) - value)


def _claim(
    label: str, confidence: float, text: str, others: tuple[Alternative, ...], words: Observation, said: Said
) -> Claim:
    return Claim(
        id=said.id,
        level="emotion",
        label=label,
        alternatives=others,
        text=text,
        person=said.subject,
        start_s=said.utterance.start_s,
        end_s=said.utterance.end_s,
        confidence=confidence,
        evidence=(words.id,),
    )


def _cut(evidence: Evidence, said: Said) -> Evidence:
    """The evidence of an utterance, what goes on before and after cut off."""
    start_s, end_s = said.utterance.start_s, said.utterance.end_s
    inside = tuple(
        o.model_copy(update={"start_s": max(start_s, o.start_s), "end_s": min(end_s, o.end_s), "apex_s": None})
        for o in said.evidence
        if o.start_s < end_s and start_s < o.end_s
    )
    return evidence.model_copy(update={"observations": inside})
