"""Without a language model: each sign leads to its label and no further, and what can't be told is not claimed."""

import pytest
from case_making import cases, face, make_case, saw
from hypothesis import given, settings

from agents.by_rule.reasoner import reason
from agents.checking.checks import accept
from agents.claims import LEVELS
from agents.codebook import codebook_names

SMILE = (saw("au6", value=2.5), saw("au12", value=3.5))
SIGNS = {  # what the FACS Investigator's Guide gives as prototypes
    "happiness": {"au6": 2.5, "au12": 3.5},
    "sadness": {"au1": 2.5, "au4": 2.5, "au15": 2.5},
    "surprise": {"au1": 2.5, "au2": 2.5, "au5": 2.0, "au26": 2.5},
    "fear": {"au1": 2.5, "au2": 2.5, "au4": 2.0, "au5": 3.0, "au20": 2.5, "au25": 2.0},
    "anger": {"au4": 3.0, "au5": 2.0, "au7": 2.5, "au23": 2.5},
    "disgust": {"au9": 3.0, "au17": 2.5},
    "contempt": {"au14": 3.0},
}


def only(level, case):
    """The single draft of the level that is not the neutral default."""
    (found,) = [d for d in reason(level, case).claims if d.label != case.codebook.neutral.get(level)]
    return found


@pytest.mark.parametrize("emotion", SIGNS)
def test_a_prototype_leads_to_its_emotion_at_its_time_with_its_evidence(emotion):
    found = only("emotion", make_case(face(), *(saw(k, value=v) for k, v in SIGNS[emotion].items())))
    assert found.label == emotion
    assert (found.start_ms, found.end_ms) == (2000, 4000)
    assert set(found.evidence) == {f"{kind}-1" for kind in SIGNS[emotion]}
    assert 5 <= found.confidence_percent <= 60
    assert "suggests" in found.text


def test_a_smile_alone_is_weaker_than_one_with_raised_cheeks_and_says_what_would_tell():
    alone = only("emotion", make_case(face(), saw("au12", value=3.5)))
    whole = only("emotion", make_case(face(), *SMILE))
    unmeasured = only("emotion", make_case(face(), saw("au12", value=3.5), units=("AU4", "AU12", "AU15")))
    assert alone.label == whole.label == unmeasured.label == "happiness"
    assert alone.confidence_percent == unmeasured.confidence_percent <= 30 < whole.confidence_percent
    assert "AU6" in alone.text


def test_a_poor_look_lowers_the_confidence():
    clear = only("emotion", make_case(face(), *SMILE))
    poor = only("emotion", make_case(face(), *(saw(o.kind, value=o.value, quality=0.5) for o in SMILE)))
    assert poor.confidence_percent < 0.7 * clear.confidence_percent


def test_without_a_sign_the_emotion_is_neutral_by_default():
    (found,) = reason("emotion", make_case(face())).claims
    assert (found.label, found.evidence) == ("neutral", ("face_visible-1",))
    assert found.confidence_percent <= 40


def test_neutral_stands_beside_an_expression_only_where_there_is_none():
    found = reason("emotion", make_case(face(), *SMILE)).claims
    assert [(d.label, d.start_ms, d.end_ms) for d in found] == [("happiness", 2000, 4000), ("neutral", 4000, 10000)]


def test_claims_in_a_row_meet_and_do_not_overlap():
    smile = [saw(kind, 2.0004, 4.0004, value=3.0) for kind in ("au6", "au12")]
    happy, neutral = reason("emotion", make_case(face(), *smile)).claims
    assert happy.end_ms == neutral.start_ms


def test_a_reason_is_not_told_in_the_words_of_the_claim():
    told = [draft.text for draft in reason("behaviour", make_case(face(), saw("nod"))).claims]
    assert any(text.startswith("Nods (rule beh-nod).") for text in told)


@pytest.mark.parametrize("kind", ["au4", "nod", "heart_rate", "au25", "blink"])
def test_what_is_no_marker_of_emotion_leaves_it_neutral(kind):
    found = reason("emotion", make_case(face(), saw(kind, value=3.0))).claims
    assert {d.label for d in found} == {"neutral"}


def test_talking_explains_an_open_mouth_and_half_of_raised_brows():
    open_mouth = (saw("au5", value=2.0), saw("au26", value=3.0))
    words = saw("utterance", 0, 10)
    assert only("emotion", make_case(face(), *open_mouth)).label == "surprise"
    assert all("au26-1" not in d.evidence for d in reason("emotion", make_case(face(), *open_mouth, words)).claims)
    raised = (saw("au1", value=2.0), saw("au2", value=2.0))
    assert only("emotion", make_case(face(), *raised)).label == "surprise"
    assert {d.label for d in reason("emotion", make_case(face(), *raised, words)).claims} == {"neutral"}


@pytest.mark.parametrize(
    ("why", "observations", "units"),
    [
        ("was not seen", [*SMILE], ("AU12",)),
        ("too poorly", [face(quality=0.1), *SMILE], ("AU12",)),
        ("seen for 0.4 s only", [face()], ()),
    ],
)
def test_where_the_face_was_not_seen_well_it_abstains_and_says_why(why, observations, units):
    (found,) = reason("emotion", make_case(*observations, units=units)).claims
    assert found.abstained
    assert not found.evidence
    assert why in found.text


def test_a_users_labels_without_concepts_are_not_guessed_at(tmp_path):
    book = tmp_path / "mine.yaml"
    book.write_text("{id: mine, name: Mine, source: me, emotion: [{id: saudade, name: Saudade, definition: Longing.}]}")
    (found,) = reason("emotion", make_case(face(), *SMILE, codebook=str(book))).claims
    assert found.abstained
    assert "concepts" in found.text


@pytest.mark.parametrize(
    ("label", "observations"),
    [
        ("agreeing", [saw("nod")]),
        ("disagreeing", [saw("shake")]),
        ("concentrating", [saw("au4", value=2.0)]),
        ("thinking", [saw("tilt"), saw("gaze_away")]),
        ("unsure", [saw("au4", value=2.0), saw("au7", value=2.0)]),
        ("interested", [saw("au1", value=2.0), saw("au26", value=2.0)]),
    ],
)
def test_each_way_of_thinking_is_told_by_its_signs(label, observations):
    found = only("cognition", make_case(face(), *observations))
    assert found.label == label
    assert set(found.evidence) == {o.id for o in observations}


def test_behaviours_can_go_on_at_the_same_time():
    case = make_case(face(), saw("utterance", 0, 9), saw("au25", 0, 9, 2.0), saw("nod", 3, 4), saw("fold_arms", 5, 9))
    found = {d.label: (d.start_ms, d.end_ms) for d in reason("behaviour", case).claims}
    assert found == {"speaking": (0, 9000), "nodding": (3000, 4000), "closed_posture": (5000, 9000),
                     "attending": (0, 10000), "still": (9000, 10000)}  # fmt: skip


def test_who_is_seen_to_speak_is_not_told_that_it_was_not_measured():
    case = make_case(face(), saw("speaking", 2, 4), saw("utterance", 2, 4))
    (told,) = [d.text for d in reason("behaviour", case).claims if d.label == "speaking"]
    assert "not measured" not in told
    assert "Chewing" in told


def test_with_two_people_words_alone_do_not_make_either_a_speaker():
    case = make_case(face(), face("P2", number=2), saw("utterance", 0, 9), people=("P1", "P2"))
    assert "speaking" not in {d.label for d in reason("behaviour", case).claims}


@pytest.mark.parametrize(
    ("label", "observations"),
    [
        ("positive", SMILE),
        ("negative", [saw("au4", value=3.0), saw("au7", value=2.5), saw("au23", value=2.5)]),
        ("positive", [saw("utterance", value=0.8)]),
        (
            "mixed",
            [*SMILE, saw("au1", value=3.0), saw("au4", value=3.0), saw("au15", value=3.0), saw("au17", value=3.0)],
        ),
    ],
)
def test_valence_labels_come_from_the_emotions_they_stand_for(label, observations):
    assert only("emotion", make_case(face(), *observations, codebook="motor")).label == label


@pytest.mark.parametrize("level", ["cognition", "emotion"])
@pytest.mark.parametrize("value", [-0.45, -0.3, 0.3, 0.45])
def test_weak_words_leave_valence_labels_neutral_by_default(level, value):
    words = saw("utterance", value=value)
    assert {d.label for d in reason(level, make_case(face(), words, codebook="motor")).claims} == {"neutral"}
    seen = reason("emotion", make_case(face(), words.model_copy(update={"value": -0.6}), codebook="motor")).claims
    assert "negative" in {d.label for d in seen}


def test_a_smile_shared_by_two_is_told_of_both_only_while_both_smile():
    smiles = [
        saw(k, a, b, 3.0, p, number=n)
        for n, (p, a, b) in enumerate([("P1", 2, 5), ("P2", 4, 8)])
        for k in ("au6", "au12")
    ]
    case = make_case(face(), face("P2", number=2), *smiles, person=None, people=("P1", "P2"))
    (found,) = reason("emotion", case).claims
    assert (found.label, found.start_ms, found.end_ms) == ("happiness", 4000, 5000)
    assert set(found.evidence) == {o.id for o in smiles}


def test_one_persons_smile_is_not_shared():
    case = make_case(face(), face("P2", number=2), *SMILE, person=None, people=("P1", "P2"))
    assert not reason("emotion", case).claims


@pytest.mark.parametrize("codebook", codebook_names())
def test_every_codebook_can_be_used_without_a_model(codebook):
    case = make_case(
        face(), *SMILE, saw("au1", value=3.0), saw("au2", value=3.0), saw("au25", value=3.0), codebook=codebook
    )
    for level in LEVELS:
        claims, rejected, _ = accept(reason(level, case).claims, level, case)
        assert not rejected
        assert any(not c.abstained for c in claims)


@settings(max_examples=150, deadline=None)
@given(case=cases())
def test_its_own_drafts_always_pass_the_hard_checks(case):
    for level in LEVELS:
        drafts = reason(level, case)
        assert drafts == reason(level, case)
        _, rejected, _ = accept(drafts.claims, level, case)
        assert not rejected
