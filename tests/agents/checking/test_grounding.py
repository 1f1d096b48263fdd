"""A sentence of an answer stands only on what bears it out: of the person that it names, and seen if it is visible."""

import pytest
from case_making import claim, face, make_case, saw

from agents.chat import Reply, Sentence
from agents.chat_history import ChatHistory, Source
from agents.checking.grounding import borne_out, by_id, picture, sources_of
from agents.report import Person, Provenance, Report
from perception.evidence import Abstention

PEOPLE = ("P1", "P2")


def report():
    seen = (face(), face("P2", number=2), saw("au12"), saw("nod", person="P2"), saw("utterance"), saw("light"))
    claims = (claim("emotion", "happiness", "au12-1"), claim("emotion", "sadness", "utterance-1", person="P2"))
    case = make_case(*seen, people=PEOPLE)
    missing = Abstention(tool="blinks", person="P2", reason="8 frames/s; blinks need 15")
    unknown = {f"{name}_sha256": "-" for name in ("codebook", "prompts", "knowledge")}
    made = Provenance(
        mentalis_version="0", graph="g", strategy="s", reasoner="knowledge", codebook="basic", seed=0, **unknown
    )
    return Report(
        clip=case.clip, people=[Person(id=p, first_seen_s=0, last_seen_s=9, visible_s=9) for p in PEOPLE],
        claims=claims, narrative="-", caveats=("-",), conventions={},
        evidence=case.evidence.model_copy(update={"abstentions": (missing,)}), provenance=made,
    )  # fmt: skip


def problem(text, *evidence, found=()):
    """The note on a sentence that is left out; nothing if it stands."""
    sources = sources_of(report(), ChatHistory(clip_sha256="0" * 64, found=found))
    said = Reply(do="answer", sentences=(Sentence(text=text, evidence=evidence),), unanswerable=False)
    reply, notes = borne_out(said, sources, PEOPLE)
    assert len(reply.sentences) + len(notes) == 1, "it stands, or it is said why not"
    return "".join(notes)


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("P2 smiles broadly at 3 s", ["au12-1"], "it is about P2 but cites observations of P1"),
        ("P2 seems happy", ["P1-emotion-1"], "it is about P2 but cites observations of P1"),
        ("P2 smiles", ["au12-1", "nod-1"], "it is about P2 but cites observations of P1"),
        ("P1 smiles and so does P2", ["au12-1"], "it cites nothing of P2"),
        ("P7 says hello", ["utterance-1"], "there is no P7"),
    ],
)
def test_who_is_named_is_who_it_was_measured_of(text, evidence, why):
    assert why in problem(text, *evidence)
    assert text in problem(text, *evidence)


@pytest.mark.parametrize(("who", "cited"), [("P1", "utterance-1"), ("Somebody", "light-1"), ("P2", "P2-emotion-1")])
def test_what_is_visible_does_not_rest_on_words_or_light(who, cited):
    assert "'frowns' can be seen, not heard" in problem(f"{who} frowns", cited)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("P1 smiles", ["au12-1"]),
        ("P1 smiles while P2 nods", ["au12-1", "nod-1"]),
        ("P1's smile suggests joy", ["P1-emotion-1"]),
        ("P2 smiles at the words", ["utterance-1", "frame@2.40"]),
        ("P2 says 'you smile'", ["utterance-1"]),
        ("Somebody nods", ["nod-1"]),
        ("P2's blinks could not be measured", ["abstention-1"]),
    ],
)
def test_what_bears_a_sentence_out_may_be_cited(text, evidence):
    assert not problem(text, *evidence, found=(picture(2.4),))


PULSE = Source(
    id="heart_rate-1", text="P1's pulse is about 72 beats a minute (SNR 8 dB), 0.0-10.0 s", person="P1",
    start_s=0, end_s=10, basis="seen", kinds=("heart_rate",),
)  # fmt: skip
MEAN = Source(
    id="measure1:AU4-P1", text="P1's AU4: mean 1.2 FACS 0-5, 2.00-4.00 s", person="P1", start_s=2, end_s=4,
    basis="seen", kinds=("AU4",),
)  # fmt: skip
BREATHLESS = Source(id="utterance@1.00", text="“My pulse is 150!”", start_s=1, end_s=2, kinds=("utterance",))
FOUND = (PULSE, MEAN, BREATHLESS, picture(2.4))


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("The heart rate of P1 is 72 bpm", ["light-1"], "it tells a heart rate, but cites none"),
        ("P1's pulse is fast", ["au12-1"], "it cites no heart rate"),
        ("Without doubt P1's heart beats at 92 bpm", ["au12-1"], "it tells a heart rate, but cites none"),
        ("P1's heart rate is 150 bpm", ["utterance@1.00"], "it tells a heart rate, but cites none"),
        ("P1's heart rate is 92 bpm", ["heart_rate-1"], "a heart rate of 92, but cites another"),
        ("P1 talks loudly", ["au12-1"], "it cites no voice"),
        ("P1 weeps at 15 s", ["au12-1"], "it tells of 15 s, but cites nothing of then"),
        ("P1 smiles at 3 s and 8.5 s", ["au12-1"], "it tells of 8.5 s"),
        ("P1 smiles between 6 and 9 s", ["au12-1"], "it tells of 6-9 s"),
        ("P1 smiles from 0:07 to 0:09", ["au12-1"], "it tells of 7-9 s"),
        ("P1 frowns three times", ["au12-1"], "it tells of frowns, but cites none"),
        ("P1 shows AU9", ["au12-1"], "it tells of AU9, but cites none"),
        ("P1 raises the brows and smiles", ["au12-1"], "it tells of raised brows, but cites none"),
        ("P2 shakes the head", ["nod-1"], "it tells of shakes of the head, but cites none"),
    ],
)
def test_what_is_stated_is_in_what_is_cited(text, evidence, why):
    assert why in problem(text, *evidence, found=FOUND)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("P1's pulse is about 73 bpm", ["heart_rate-1"]),
        ("P1's pulse rises by 10 bpm", ["heart_rate-1"]),
        ("P1's pulse at 8.5 s is steady", ["heart_rate-1"]),
        ("P1's pulse could not be measured", ["light-1"]),
        ("P1 talks of the pulse", ["utterance@1.00"]),
        ("P1 says “my heart rate is 150 bpm”", ["utterance@1.00"]),
        ("P2 talks loudly", ["utterance-1"]),
        ("P1 smiles at 4.8 s", ["au12-1"]),
        ("P1 smiles at about 0:03 for 8 s", ["au12-1"]),
        ("P1 smiles between 1 and 2.5 s", ["au12-1"]),
        ("At 9 s P1 does not smile any more", ["au12-1"]),
        ("The light stays the same at 4 s", ["light-1"]),
        ("P1 frowns", ["measure1:AU4-P1"]),
        ("P1 frowns", ["frame@2.40"]),
        ("P1 smiles and does not frown", ["au12-1"]),
        ("P1 pulls up the lip corners (AU12)", ["au12-1"]),
    ],
)
def test_honest_sentences_stay(text, evidence):
    assert not problem(text, *evidence, found=FOUND)


def test_why_nothing_was_measured_does_not_show_it():
    assert "can be seen, not heard" in problem("P2 blinks often", "abstention-1")


def test_a_picture_of_ones_face_shows_nobody_else():
    assert "but cites observations of P1" in problem("P2 smiles", "frame@2.40", found=(picture(2.4, "P1"),))
    both = tuple(by_id((picture(2.4, "P1"), picture(2.4, "P2"))).values())
    assert not problem("P2 smiles", "frame@2.40", found=both), "each face was looked at then"
