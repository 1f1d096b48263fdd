"""A transcript bears out what was said, never what was to be seen."""

import pytest
from case_making import cases, draft, face, make_case, saw
from hypothesis import given, settings

from agents.by_rule.reasoner import reason
from agents.checking.visual_facts import visible, words_are_no_picture
from agents.claims import LEVELS

WORDS = (saw("utterance", 0, 10), saw("voice_activity", 0, 10), saw("prosody", 0, 10))
CASE = make_case(face(), *WORDS, saw("au12"))


def problem(label, *evidence, text="The expression suggests it", level="emotion", case=CASE, **changes):
    return words_are_no_picture(draft(label, *evidence, text=text, **changes), level, case)


@pytest.mark.parametrize(
    "text",
    [
        "The person smiles broadly",
        "A frown suggests displeasure",
        "AU12 and AU 6 are seen",
        "The eyebrows go up",
        "Nods in agreement",
        "The person looks away while talking",
        "Says 'well' and shrugs",
    ],
)
def test_a_claim_of_something_visible_can_not_rest_on_words_or_voice(text):
    why = problem("happiness", "utterance-1", "prosody-1", "voice_activity-1", text=text)
    assert "can be seen, not heard" in why


@pytest.mark.parametrize("label", sorted(visible().labels))
def test_a_visible_label_can_not_rest_on_words(label):
    assert repr(label) in problem(label, "utterance-1", level="behaviour")


@pytest.mark.parametrize("evidence", [("au12-1",), ("utterance-1", "au12-1"), ("utterance-1", "frame@2.40")])
def test_what_was_measured_or_shown_may_be_named(evidence):
    assert problem("happiness", *evidence, text="Smiles (AU12) at the remark") is None


@pytest.mark.parametrize(
    "text",
    [
        "The words suggest something pleasant; face and voice would tell",
        "Says “what a smile” with a positive word",
        "Says 'look at her smile' and can't stop talking",
        "It looks like agreement; looks forward to it",
    ],
)
def test_what_the_words_themselves_suggest_may_be_said(text):
    assert problem("happiness", "utterance-1", text=text) is None


def test_what_someone_tells_of_may_be_told():
    told = saw("utterance").model_copy(update={"text": "someone says: “She smiled at him.”"})
    case = make_case(face(), told, saw("au12"))
    assert problem("sadness", "utterance-1", text="Says that she smiled", case=case) is None
    assert problem("sadness", "utterance-1", text="Says that she frowned", case=case)
    assert problem("sadness", "utterance-1", text="Smiles and says that she smiled", case=case)


def test_an_abstention_may_say_what_was_not_seen():
    assert problem("", "utterance-1", text="No smile was measured", abstained=True) is None


def test_an_unknown_id_is_left_to_the_check_that_knows_ids():
    assert problem("happiness", "au12-99", text="Smiles") is None


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_reasoner_never_sees_with_its_ears(case):
    for level in LEVELS:
        for made in reason(level, case).claims:
            assert words_are_no_picture(made, level, case) is None


def test_light_on_the_picture_is_not_seen_of_anybody():
    case = make_case(face(), saw("utterance", 2, 4), saw("light", 0, 10), saw("au12", 2, 4))
    smile = "P1 smiles broadly."
    assert words_are_no_picture(draft("happiness", "utterance-1", "light-1", text=smile), "emotion", case)
    assert words_are_no_picture(draft("happiness", "light-1", text=smile), "emotion", case)
    assert not words_are_no_picture(draft("happiness", "light-1", "au12-1", text=smile), "emotion", case)
    assert not words_are_no_picture(draft("happiness", "frame@2.40", text=smile), "emotion", case)
