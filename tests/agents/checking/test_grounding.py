"""A sentence of an answer stands only on what bears it out: of the person that it names, and seen if it is visible."""

import pytest
from case_making import claim, face, make_case, saw

from agents.chat import Reply, Sentence
from agents.chat_history import ChatHistory, Source
from agents.checking.acts import acts_and_feelings
from agents.checking.grounding import borne_out, by_id, picture, sources_of
from agents.report import Person, Provenance, Report
from agents.searching.question import question_words
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
    reply, notes = borne_out(said, sources, PEOPLE, 10.0)
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
        ("The third person smiles", ["au12-1"], "there is no P3"),
        ("P 3 smiles", ["au12-1"], "there is no P3"),
        ("Person two smiles", ["au12-1"], "it is about P2 but cites observations of P1"),
    ],
)
def test_who_is_named_is_who_it_was_measured_of(text, evidence, why):
    assert why in problem(text, *evidence)
    assert text in problem(text, *evidence)


def alone(text, *evidence, found=(), asked_of=None, people=("P1",)):
    """The note on a sentence about a clip with P1 alone."""
    sources = sources_of(report(), ChatHistory(clip_sha256="0" * 64, found=found))
    said = Reply(do="answer", sentences=(Sentence(text=text, evidence=evidence),), unanswerable=False)
    return "".join(borne_out(said, sources, people, 10.0, asked_of)[1])


@pytest.mark.parametrize(
    "text",
    ["The second man smiles", "Both people smile", "P1's partner smiles as well", "Three people smile",
     "They both smile",     "Another person smiles", "P1 does not frown, and the second woman smiles"],
)  # fmt: skip
def test_more_people_than_there_are_do_nothing(text):
    assert "but there is P1" in alone(text, "au12-1")
    assert not alone(text, "au12-1", "frame@2.40", found=(picture(2.4),)), "a face that was not found may be there"
    assert not alone(text, "au12-1", people=("P1", "P2", "P3"))


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The first person smiles", "au12-1"), ("P1 smiles, perhaps at another person", "au12-1"),
        ("No other person smiles, only P1 smiles", "au12-1"), ("P1 talks of his wife", "utterance-1"),
        ("P1 smiles and both lip corners move", "au12-1"), ("One person smiles", "au12-1"),
        ("P1 says that both people were there", "utterance-1"), ("P1 smiles a second time", "au12-1"),
    ],
)  # fmt: skip
def test_words_for_others_that_show_nobody_stay(text, cited):
    assert not alone(text, cited)


def test_who_was_asked_about_is_whom_a_bare_answer_is_about():
    assert "P2 was asked about" in alone("Yes, a smile can be seen", "au12-1", asked_of="P2", people=PEOPLE)
    for text, cited in [("A nod can be seen", "nod-1"), ("The light stays the same", "light-1"),
                        ("The other person smiles", "au12-1"), ("P1 smiles instead", "au12-1")]:  # fmt: skip
        assert not alone(text, cited, asked_of="P2", people=PEOPLE)


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
        ("P2 says 'was seen'", ["utterance-1"]),
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
SISTER = Source(id="utterance@3.00", text="“I am sad that she smiled.”", start_s=3, end_s=4, kinds=("utterance",))
NO_RHYTHM = Source(
    id="abstention-2", text="the tool rppg abstained: no rhythm stands out (SNR -3 dB)", start_s=0, end_s=10,
    basis="missing",
)  # fmt: skip
LOWERED = Source(
    id="au4-1", text="P1: brows lowered (AU4)", person="P1", start_s=2, end_s=4, basis="seen", kinds=("au4",)
)
RAISED = tuple(
    Source(
        id=f"au{n}-1", text=f"P1: brows raised (AU{n})", person="P1", start_s=2, end_s=4, basis="seen",
        kinds=(f"au{n}",),
    )
    for n in (1, 2)
)  # fmt: skip
QUIET = Source(
    id="abstention-3", text="the tool speech abstained: nothing is louder than the background", start_s=0, end_s=10,
    basis="missing",
)  # fmt: skip
SHORT = NO_RHYTHM.model_copy(update={"id": "abstention-4", "text": "the tool rppg abstained: a pulse needs 30 s"})
HAND = NO_RHYTHM.model_copy(
    update={
        "id": "abstention-5",
        "text": "the tool action_units abstained for P1: a hand is before the mouth for 7.1 s",
    }
)
AWAY = LOWERED.model_copy(
    update={"id": "gaze_away-1", "text": "P1 looks 34 degrees to the right", "kinds": ("gaze_away",)}
)
WARNED = LOWERED.model_copy(
    update={"id": "warned-1", "text": "P1: it suggests concentrating. Lowered brows also come with anger."}
)
VOICE = Source(id="voice_activity-1", text="someone speaks", start_s=2, end_s=4, kinds=("voice_activity",))
FOUND = (
    *RAISED,
    QUIET,
    SHORT,
    HAND,
    AWAY,
    WARNED,
    VOICE,
    PULSE,
    MEAN,
    BREATHLESS,
    SISTER,
    NO_RHYTHM,
    LOWERED,
    picture(2.4),
)


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
        ("P1 shows AU11", ["au1-1"], "it tells of AU11, but cites none"),
        ("P1 shows AU22", ["au2-1"], "it tells of AU22, but cites none"),
        ("P1 smiles at twenty-five seconds", ["au12-1"], "it tells of 25 s"),
        ("P1 smiles at 12,5 s", ["au12-1"], "it tells of 12.5 s"),
        ("P1 raises the brows and smiles", ["au12-1"], "it tells of raised brows, but cites none"),
        ("P2 shakes the head", ["nod-1"], "it tells of shakes of the head, but cites none"),
        ("P1's eyebrows are raised", ["au4-1"], "it tells of raised brows, but cites none"),
        ("P1 raises both his eyebrows", ["au4-1"], "it tells of raised brows, but cites none"),
        ("P1 lifts the brows", ["au4-1"], "it tells of raised brows, but cites none"),
        ("P1's pulse goes from 72 to 120 bpm", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's pulse rate is 120", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's heart rate: 120", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's pulse rises to 120 at 3 s", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's heart is racing at 120", ["heart_rate-1"], "a heart rate of 120"),
        ("HR 120", ["heart_rate-1"], "a heart rate of 120"),
        ("120 beats every minute", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's pulse is 2 Hz", ["heart_rate-1"], "a heart rate of 120"),
        ("P1's pulse is high", ["utterance@1.00"], "it cites no heart rate"),
        ("P1 says that the pulse is 180", ["utterance@1.00"], "it tells a heart rate, but cites none"),
        ("P1's pulse is 72", ["abstention-2"], "it tells a heart rate, but cites none"),
        ("P1's heart is racing", ["abstention-2"], "it cites no heart rate"),
        ("P1's pulse is fast and climbs as he smiles", ["abstention-2", "au12-1"], "it cites no heart rate"),
        ("P1's heart rate doubles towards the end", ["abstention-2"], "it cites no heart rate"),
        ("P1's heart rate is eighty", ["abstention-2"], "it tells a heart rate, but cites none"),
        ("P1's heart rate is eighty-five beats per minute", ["heart_rate-1"], "a heart rate of 85"),
        ("P1's heart rate was not measured, it is eighty", ["abstention-2"], "it tells a heart rate, but cites none"),
        ("P1's pulse is a hundred and ten", ["heart_rate-1"], "a heart rate of 110"),
        ("P1's heart is racing, he does not smile", ["abstention-2"], "it cites no heart rate"),
        ("P1 speaks loudly and with a high pitch", ["abstention-3"], "it cites no voice"),
        ("There is no doubt that P1 nods", ["au12-1"], "it tells of nods, but cites none"),
        ("No doubt P1 smiles at 8 s", ["au12-1"], "it tells of 8 s"),
        ("P1 does not smile, he frowns", ["au12-1"], "it tells of frowns, but cites none"),
        ("P1 does not frown and shakes the head", ["au12-1"], "it tells of shakes of the head"),
        ("P1 nods and does not frown", ["au12-1"], "it tells of nods"),
        ("P1 never stops smiling and frowning", ["au12-1"], "it tells of frowns"),
        ("P1 does not blink, he smiles at 8 s", ["au12-1"], "it tells of 8 s"),
        ("P1 does not smile at 500 s", ["au12-1"], "it tells of 500 s"),
        ("It is not a smile but a frown", ["au12-1"], "it tells of frowns"),
        ("P1 is sad and afraid", ["au12-1"], "it tells of sadness, but cites no claim or sign of it"),
        ("P1 seems furious", ["P1-emotion-1"], "it tells of anger"),
        ("P1 does not frown, he is disgusted", ["au12-1"], "it tells of disgust"),
        ("P1 seems angry, as lowered brows come with it", ["warned-1"], "it tells of anger"),
        ("P1 cries", ["au12-1"], "it tells of tears"),
        ("P1 laughs out loud", ["au12-1"], "it tells of laughter"),
        ("P1 looks away and points at the camera", ["au12-1"], "it tells of looking away"),
        ("P1 points at the camera", ["gaze_away-1"], "it tells of pointing"),
        ("P1 touches his face", ["au12-1"], "it tells of touches of the face"),
        ("P1 shrugs", ["abstention-2", "au12-1"], "it tells of gestures"),
        ("P2 blinks", ["abstention-1", "nod-1"], "it tells of blinks"),
        ("P2's blinks could not be told, but P2 nods", ["abstention-1"], "'nods' can be seen, not heard"),
        ("P1 says that he frowned", ["utterance@3.00"], "'frowned' can be seen, not heard"),
        ("P1 says “I will kill him”", ["utterance@1.00"], "it quotes “I will kill him”"),
        ("P1 smiles at 50000 ms", ["au12-1"], "it tells of 50 s"),
        ("P1 smiles after 50 s", ["au12-1"], "it tells of 50 s and later"),
        ("P1 smiles (50 s)", ["au12-1"], "it tells of 50 s"),
        ("P1 smiles in the last 3 s", ["au12-1"], "it tells of the last 3 s"),
        ("P1 smiles at the end", ["au12-1"], "it tells of 6.7-10 s"),
        ("P1 shows action units 12 and 4", ["au12-1"], "it tells of AU4, but cites none"),
        ("P1 shows AU12+4", ["au12-1"], "it tells of AU4, but cites none"),
        ("P1 seems sad, not happy", ["P1-emotion-1"], "it tells of sadness"),
        ("P1 is confused", ["P1-emotion-1"], "it tells of being unsure, but cites no claim or sign of it"),
        ("There is no P5, and P6 smiles", ["au12-1"], "there is no P6"),
        ("P1 smiles. P2's hand is not seen. P1 nods at 60 s.", ["au12-1"], "it cites nothing of P2"),
        ("P1 smiles. The hand is not seen. P1 smiles at 60 s.", ["au12-1"], "it tells of 60 s"),
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
        ("P1 says “my pulse is 150”", ["utterance@1.00"]),
        ("P1 says that his pulse is 150 beats per minute", ["utterance@1.00"]),
        ("P1's pulse is 1.2 Hz (SNR 8 dB)", ["heart_rate-1"]),
        ("P1's pulse is 72 while P1 shows 3 expressions", ["heart_rate-1", "au12-1"]),
        ("The pulse is hidden by noise, light or coding", ["abstention-2"]),
        ("P1's pulse was looked for, but it could not be told", ["abstention-2"]),
        ("The pulse of P1 and P2 was not measured", ["abstention-2"]),
        ("P1's pulse, hidden by noise, was not told", ["abstention-2"]),
        ("The voice is too quiet to tell the pitch", ["abstention-3"]),
        ("P1's pulse is about seventy-three while P1 shows three expressions", ["heart_rate-1", "au12-1"]),
        ("P1's heart rate could not be told: it needs 30 s of a face", ["abstention-2", "abstention-4"]),
        ("P1 is happy", ["P1-emotion-1"]),
        ("P1 looks happy", ["au12-1"]),
        ("P1 seems delighted", ["P1-emotion-1"]),
        ("P2 is sad", ["P2-emotion-1"]),
        ("P2 seems sad", ["utterance-1"]),
        ("P1 looks surprised", ["au1-1", "au2-1"]),
        ("P1 seems angry", ["frame@2.40"]),
        ("P1 does not seem sad, angry or afraid", ["au12-1"]),
        ("Someone says that she is sad", ["utterance@3.00"]),
        ("P1 looks away", ["gaze_away-1"]),
        ("P1 averts the gaze and smiles", ["gaze_away-1", "au12-1"]),
        ("P1 looks at the camera and smiles", ["au12-1"]),
        ("P1 covers the mouth with a hand", ["abstention-5", "au12-1"]),
        ("P1 laughs", ["au12-1", "voice_activity-1"]),
        ("P1 looks away and shrugs", ["frame@2.40"]),
        ("P1's face points to the left while P1 smiles", ["au12-1"]),
        ("The tool abstained: a rate of blinks needs 30 s of the face", ["abstention-1", "abstention-4"]),
        ("At 9 s, P1 does not smile any more", ["au12-1"]),
        ("P1 does not nod, frown or shake the head", ["au12-1"]),
        ("P1 smiles, and he does not frown at 9 s", ["au12-1"]),
        ("P1 does not move his brows and lips", ["au12-1"]),
        ("There is no sign that P1 frowns", ["au12-1"]),
        ("There is nothing at 50 s, as the clip ends before", ["au12-1"]),
        ("Someone says that she smiled", ["utterance@3.00"]),
        ("P1 frowns", ["au4-1"]),
        ("A smile of 1.5 s (2.1 s with its onset)", ["au12-1"]),
        ("P1 smiles after 1 s", ["au12-1"]),
        ("P1 seems happy, not sad", ["P1-emotion-1"]),
        ("P1 shows AUs 1 and 2", ["au1-1", "au2-1"]),
        ("P1 smiles at the beginning of the clip", ["au12-1"]),
        ("There is no P5, and P1 smiles", ["au12-1"]),
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
        ("P1 shows AU1 and AU2", ["au1-1", "au2-1"]),
        ("P1 smiles at three seconds, for 1,5 s", ["au12-1"]),
    ],
)
def test_honest_sentences_stay(text, evidence):
    assert not problem(text, *evidence, found=FOUND)


def test_every_feeling_is_a_topic_of_questions_and_so_are_those_that_bear_an_act_out():
    names = {topic.name for topic in question_words().topics}
    assert acts_and_feelings().feelings <= names
    assert {name for act in acts_and_feelings().acts for name in act.topics} <= names


def test_why_nothing_was_measured_does_not_show_it():
    assert "can be seen, not heard" in problem("P2 blinks often", "abstention-1")


def test_a_picture_of_ones_face_shows_nobody_else():
    assert "but cites observations of P1" in problem("P2 smiles", "frame@2.40", found=(picture(2.4, "P1"),))
    both = tuple(by_id((picture(2.4, "P1"), picture(2.4, "P2"))).values())
    assert not problem("P2 smiles", "frame@2.40", found=both), "each face was looked at then"


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("There is no doubt that P1 smiles", ["au12-1"]),
        ("There is one smile in 10 s", ["au12-1"]),
        ("P1's smiles last 0.8 s", ["au12-1"]),
    ],
)
def test_no_doubt_the_clips_length_and_how_long_something_lasts_need_nothing_more(text, evidence):
    assert alone(text, *evidence) == ""
