"""What is not judged is neither claimed nor asked, by one list; the same words in another sense pass."""

from pathlib import Path

import pytest
import yaml
from case_making import draft, make_case, saw

from agents.checking.checks import accept
from agents.checking.unjudged import asked_to_judge, judged, what_is_unjudged

CODEBOOKS = sorted((Path(__file__).parents[3] / "agents" / "codebooks").glob("*.yaml"))
QUESTIONS = {
    "whether someone lies or is honest": ["Is P1 lying?", "Can I trust him?", "Is he hiding something?", "a liar?",
                                           "Is he making it up?", "Is the smile real?", "Is it a real smile?",
                                           "Is he acting?", "Are his tears real?",
                                           "Is his smile authentic?",
                                           'Is he "lying"?', "Isn't he lying?", "Is his smile fake?", "Did P1 lie?"],
    "anyone's health": ["Is P1 suicidal?", "neurotypical?", "Is she depressed?", "Is he autistic?", "Is he drunk?",
                        "Is he in pain?", "Does he have cancer?", "Is P1 diabetic?", "Does she need therapy?",
                        "Does he have a fever?", "Is his mouth or is he depressed?"],
    "what to decide about a person": ["good mother?", "good employee?", "Would P1 be a bad parent?", "Hire her?"],
    "who someone is": ["Who is this man?", "How old is P1?", "Is she famous?", "Who's that man?", "Who's he?",
                       "What gender is he?", "What age is he?", "Is he young?", "Is he middle aged?",
                        "What's his name?", "Identify him"],
    "anyone's origin, belief or orientation": [
        "Black?", "from France?", "Is P1 from France?", "Is he black?", "Is she French?", "What is his race?",
        "Is he Jewish?", "Is P1 gay?", "Which country is he from?",
    ],
    "how clever anyone is": ["IQ?", "How intelligent is P1?", "Is he stupid?"],
    "how attractive anyone is": ["attractive?", "Is she pretty?", "Is P1 handsome?", "Is he cute?"],
}  # fmt: skip
SAID = {
    "whether someone lies or is honest": [
        "P1 is lying",
        "P1 lies about the bus",
        "He is a liar.",
        "is hiding something",
        "P1 is feigning joy",
        "P1's smile is real",
    ],
    "anyone's health": [
        "P1 looks depressed",
        "P1 may be drunk",
        "P1 seems ill",
        "this suggests a diagnosis",
        "P1 has cancer",
        "P1 has a high fever",
        "P1 needs therapy",
        "P1's mood is depressed",
        "P1 feels depressed",
        "P1 suffers from an anxiety disorder",
        "The lips are thin and P1 is depressed",
    ],
    "what to decide about a person": ["P1 would be a good mother", "P1 is unfit for the job"],
    "who someone is": [
        "P1 is about 30 years old",
        "P1 is in her forties",
        "P1 is thirty-five",
        "P1 looks middle aged",
        "P1 is nineteen",
    ],
    "anyone's origin, belief or orientation": ["P1 is black", "an Asian woman smiles", "P1 is very religious"],
    "how clever anyone is": ["P1 is rather stupid", "P1 has a high IQ"],
    "how attractive anyone is": ["P1 is very attractive", "P1 is good-looking"],
}
FINE = [
    "P1 lies on the sofa", "The book lies on the table", "The peak lies at 3 s", "P1 trusts the words",
    "P1's heart races", "P1 says “I am depressed and lying”", "To be honest, little is seen",
    "Lip corners depressed (AU15)", "The lip corners are depressed (AU15)", "P1's corners of the mouth are depressed",
    "The brows look depressed", "AU15: the mouth looks slightly depressed", "Depressed corners of the mouth",
    "The chin is raised, as in a disorderly frown", "P1 is gifted a flower", "P1's gaze is feverish",
    "P1 smiles at thirty-five seconds", "No real change is seen", "P1 acts surprised", "P1 has a cold stare",
    "AU15, the lip corner depressor", "P1 seems to feel guilty", "P1 hides the face behind a hand",
    "The brow lies lower than before", "P1's gaze lies to the left", "The uncertainty lies mainly in the voice",
    "The difference lies elsewhere", "P1 seems bright and cheerful", "P1 is straight", "P1 is white in the face",
    "P1 looks conservative in gesture", "P1 seems sick of waiting", "P1 says 'I'd never lie' and smiles",
    "The pulse cannot be trusted", "P1 is pretty still",
    "P1 looks straight ahead", "P1 has a white shirt", "The light is high and the face calm",
]  # fmt: skip
ASKED_FINE = [
    "Can I trust the heart rate?", "What happens from 2 to 5 s?", "from the start?", "Is P1 pretty sure?",
    "Who is speaking?", "What is on the black table?", "Is his hair black?", "When does his heart race?",
    "What lies on the table?", "Can you identify the smiles?", "What emotions can you identify?",
    "What is the name of the emotion he shows?", "How old is the clip?", "From what time does he smile?",
    "From his face, what can you tell?", "From what angle is he filmed?", "Is he hiding his mouth?",
    "Does he conceal his smile with a hand?", "Are the lip corners depressed?", "Is the background fake?",
    "Is the video suitable for analysis?", "Is it bright?", "How is he acting?", "Is he acting angry?",
    "Is there a real change?",
    "Are the brows depressed?",
    "When are his corners of the mouth depressed?", "What did he say about his health?",
    'When does he say "truth"?', "Does he mention his age?",
]  # fmt: skip


@pytest.mark.parametrize(("about", "text"), [(a, q) for a, asked in QUESTIONS.items() for q in asked])
def test_a_question_about_it_is_refused(about, text):
    assert asked_to_judge(text) == about


@pytest.mark.parametrize(("about", "text"), [(a, t) for a, said in SAID.items() for t in said])
def test_what_may_not_be_said_may_not_be_asked_either(about, text):
    assert about in judged(text)
    assert asked_to_judge(text) == about


@pytest.mark.parametrize("text", FINE)
def test_another_sense_and_the_words_of_others_pass(text):
    assert judged(text) is None


@pytest.mark.parametrize("text", ASKED_FINE)
def test_a_question_in_another_sense_is_answered(text):
    assert asked_to_judge(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "The smile is fake and P1 cannot be trusted.", "P1 is a young man of forty.", "P1 has OCD",
        "P1 is “dishonest”.",
        "P1 is Barack Obama", "P1 comes from Germany", "P1 has dark skin", "We should hire P1", "P1 is about forty.",
        "The man is fake.", "P1's name is John.", "P1 has a German accent.",
    ],
)  # fmt: skip
def test_what_is_refused_as_a_question_is_no_answer(text):
    assert judged(text)


def test_no_label_is_a_judgement():
    for codebook in (yaml.safe_load(path.read_text(encoding="utf-8")) for path in CODEBOOKS):
        for level in ("behaviour", "cognition", "emotion"):
            for label in codebook.get(level, ()):
                assert judged(f"P1: {label['name']}. {label['definition']}") is None


def test_a_claim_that_judges_is_rejected_with_the_reason():
    told = "P1 is lying, looks depressed and grins three times"
    case = make_case(saw("au12"), saw("light", 0, 10))
    claims, rejected, _ = accept([draft("happiness", "light-1", "au12-1", text=told)], "emotion", case)
    assert not claims
    assert "'lying': whether someone lies or is honest is not judged" in rejected[0].reason


def test_each_topic_has_a_name_and_words():
    assert {each.about for each in what_is_unjudged()} == set(QUESTIONS)
    assert all(each.words for each in what_is_unjudged())
