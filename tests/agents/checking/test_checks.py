"""No claim without evidence: what code rejects, caps and sends back before anyone believes a claim."""

import pytest
from case_making import DURATION_S, cases, claim, draft, face, make_case, saw
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.by_rule.reasoner import reason
from agents.checking.checks import accept, critique
from agents.claims import FRAME_PREFIX, LEVELS, Draft
from agents.showing.media import frame_id
from agents.showing.presentation import Presentation

FRAME = Presentation(way="frames", moments_s=(2.4,))

SMILE = (saw("au6", value=2.5), saw("au12", value=3.5))
FROWN = (saw("au4", value=3.0), saw("au15", value=3.0))


def case_of_two(**changes):
    """P1 smiles at 2-4 s, P2 nods at 6-7 s, someone speaks all the time; a frame was shown at 2.4 s."""
    nod = saw("nod", 6, 7, person="P2")
    return make_case(
        face(),
        *SMILE,
        nod,
        saw("utterance", 0, 10),
        people=("P1", "P2"),
        presentation=FRAME,
        **changes,
    )


@pytest.mark.parametrize(
    ("check", "a_draft"),
    [
        ("label_in_codebook", draft("joy", "au12-1")),
        ("evidence_given", draft("happiness")),
        ("evidence_exists", draft("happiness", "au12-7")),
        ("evidence_exists", draft("happiness", "frame@2.50")),
        ("evidence_of_person", draft("happiness", "au12-1", "nod-1", end_s=7)),
        ("people_in_clip", draft("happiness", "au12-1", text="P7 is happy")),
        ("people_in_clip", draft("happiness", "au12-1", text="The third person smiles happily")),
        ("times_in_clip", draft("happiness", "au12-1", end_s=12)),
        ("times_in_clip", draft("happiness", "au12-1", start_s=4, end_s=3)),
        ("evidence_in_time", draft("happiness", "au12-1", start_s=5, end_s=6)),
        ("evidence_in_time", draft("happiness", "frame@2.40", start_s=5, end_s=6)),
        ("speaks_of_the_clip", draft("happiness", "au12-1", text="A smile that may be deceptive")),
        ("speaks_of_the_clip", draft("sadness", "au12-1", text="Suggests a depressive disorder")),
        ("states_what_it_cites", draft("happiness", "au12-1", text="Has a heart rate of 92 bpm and smiles")),
        ("states_what_it_cites", draft("happiness", "frame@2.40", text="The pulse quickens")),
        ("states_what_it_cites", draft("happiness", "au12-1", text="Smiles at 15 s")),
        ("states_what_it_cites", draft("happiness", "au12-1", text="Smiles between 6 and 8 s")),
        ("states_what_it_cites", draft("happiness", "au12-1", text="Nothing hides it. Smiles at 50000 ms")),
        ("states_what_it_cites", draft("anger", "utterance-1", text="Says “I will kill you”")),
    ],
)
def test_a_draft_that_does_not_hold_is_rejected_with_the_reason(check, a_draft):
    claims, (rejected,), verdicts = accept([a_draft], "emotion", case_of_two(), 1)
    assert not claims
    assert rejected.reason.startswith(check)
    assert [v.check for v in verdicts if not v.passed] == [check]
    assert (rejected.round, rejected.person, verdicts[0].claim) == (1, "P1", "P1-emotion-1")
    if check != "well_formed":
        said = (a_draft.label or None, a_draft.start_ms / 1000, a_draft.end_ms / 1000)
        assert (rejected.label, rejected.start_s, rejected.end_s) == said


def test_a_draft_that_holds_becomes_a_claim():
    a_draft = draft("happiness", "au6-1", "au12-1", "utterance-1", second_label="surprise", second_percent=20)
    (made,), rejected, verdicts = accept([a_draft], "emotion", case_of_two())
    assert not rejected
    assert all(v.passed for v in verdicts)
    assert (made.id, made.label, made.start_s, made.end_s, made.confidence) == (
        "P1-emotion-1",
        "happiness",
        2.0,
        4.0,
        0.4,
    )
    assert (made.alternatives[0].label, made.alternatives[0].probability) == ("surprise", 0.2)
    assert made.basis == "measured"


def test_a_claim_about_everybody_needs_evidence_of_more_than_one():
    case = case_of_two(person=None)
    both = draft("happiness", "au12-1", "nod-1", start_s=2, end_s=7)
    claims, rejected, _ = accept([draft("happiness", "au12-1"), both], "emotion", case)
    assert [c.id for c in claims] == ["all-emotion-2"]
    assert rejected[0].reason.startswith("evidence_of_person")


def test_what_was_only_seen_is_capped_and_says_so():
    (made,), _, verdicts = accept([draft("happiness", "frame@2.40", percent=90)], "emotion", case_of_two())
    assert (made.basis, made.confidence) == ("seen", 0.5)
    assert "not measured" in made.text
    assert "seen_only" in {v.check for v in verdicts}


def test_what_was_seen_poorly_is_no_surer_than_it_was_seen():
    case = make_case(face(), saw("au12", value=3.0, quality=0.3))
    (made,), _, verdicts = accept([draft("happiness", "au12-1", percent=90)], "emotion", case)
    assert made.confidence == pytest.approx(0.3)
    assert "low_quality" in {v.check for v in verdicts}


def test_a_time_read_off_by_a_frame_is_put_right():
    (made,), _, _ = accept([draft("happiness", "au12-1", start_s=4.03, end_s=4.5)], "emotion", case_of_two())
    assert made.start_s == pytest.approx(4.0)


def test_an_abstention_needs_no_label_and_no_evidence():
    (made,), rejected, _ = accept([draft("", abstained=True, percent=80)], "emotion", case_of_two())
    assert not rejected
    assert (made.abstained, made.label, made.confidence) == (True, "", 0.0)


@pytest.mark.parametrize(
    "odd",
    [
        {"end_ms": 10**30},
        {"start_ms": -1},
        {"confidence_percent": 10**9},
        {"text": ""},
        {"text": None},
        {"evidence": ("x",) * 500},
        {"evidence": None},
        {"start_ms": float("nan")},
    ],
)
def test_odd_values_are_rejected_and_break_nothing(odd):
    fine = dict(draft("happiness", "au12-1"))
    claims, (rejected,), _ = accept([Draft.model_construct(**{**fine, **odd})], "emotion", case_of_two())
    assert not claims
    assert rejected.reason.startswith("well_formed")


def failed(a_claim, *observations, claims=(), **changes):
    """Names of the soft checks that a claim fails."""
    case = make_case(face(), *observations, person=None, claims=(*claims, a_claim), **changes)
    return {v.check for v in critique((a_claim,), case) if not v.passed}


@pytest.mark.parametrize(
    ("check", "a_claim", "observations"),
    [
        ("tool_quality", claim("emotion", "happiness", "au12-1"), [saw("au12", value=3.0, quality=0.1)]),
        ("au_valence", claim("emotion", "happiness", "utterance-1"), [*FROWN, saw("utterance")]),
        ("au_valence", claim("emotion", "sadness", "utterance-1"), [*SMILE, saw("utterance")]),
        ("au_valence", claim("emotion", "neutral", "face_visible-1"), [saw("au6", value=3.0), saw("au12", value=4.5)]),
        ("au_emotion_consistency", claim("emotion", "happiness", "au4-1"), [saw("au4", value=3.0)]),
        ("talking", claim("emotion", "surprise", "au26-1"), [saw("au26", value=3.0), saw("utterance")]),
        ("neutral_without_marker", claim("emotion", "happiness", "heart_rate-1"), [saw("heart_rate", value=80)]),
        ("wording", claim("emotion", "anger", "au4-1", text="P1 is very angry, anger; he feels anger"), [saw("au4")]),
    ],
)
def test_a_claim_that_does_not_go_with_the_evidence_is_sent_back(check, a_claim, observations):
    assert failed(a_claim, *observations) == {check}


@pytest.mark.parametrize(
    ("a_claim", "observations"),
    [
        (claim("emotion", "happiness", "au6-1", "au12-1"), SMILE),
        (claim("emotion", "happiness", "au12-1"), [saw("au12", value=3.0), *FROWN]),  # mixed, not contradicted
        (
            claim("emotion", "happiness", "utterance-1", end_s=9),  # a short frown in a long stretch
            [saw("utterance", 0, 10), saw("au4", 7, 8, 4.0), saw("au15", 7, 8, 4.0)],
        ),
        (claim("emotion", "sadness", "au4-1", "au15-1"), FROWN),
        (claim("emotion", "surprise", "au26-1"), [saw("au26", value=3.0)]),  # nobody speaks
        (claim("emotion", "happiness", "frame@2.40"), [saw("utterance")]),  # the frame may show it
        (claim("emotion", "neutral", "face_visible-1", text="The face is neutral"), []),
        (claim("behaviour", "speaking", "au25-1"), [saw("au25", value=2.0), saw("utterance")]),
    ],
)
def test_a_claim_that_goes_with_the_evidence_passes(a_claim, observations):
    assert not failed(a_claim, *observations)


@pytest.mark.parametrize(
    ("below", "above"),
    [
        (claim("behaviour", "still", "face_visible-1"), claim("emotion", "surprise", "au5-1")),
        (claim("behaviour", "nodding", "face_visible-1"), claim("cognition", "disagreeing", "au5-1")),
    ],
)
def test_levels_that_exclude_each_other_send_back_the_upper_one_only(below, above):
    five = saw("au5", value=3.0)
    assert failed(above, five, claims=(below,)) == {"cross_layer"}
    assert not failed(below, five, claims=(above,))
    later = above.model_copy(update={"start_s": 6.0, "end_s": 8.0})
    assert not failed(later, five, claims=(below,))


def test_of_two_that_exclude_each_other_on_one_level_the_less_sure_is_sent_back():
    sure = claim("cognition", "agreeing", "nod-1", confidence=0.4)
    unsure = claim("cognition", "disagreeing", "shake-1", confidence=0.3, number=2)
    seen = (saw("nod"), saw("shake"))
    assert failed(unsure, *seen, claims=(sure,)) == {"cross_layer"}
    assert not failed(sure, *seen, claims=(unsure,))


LIES = st.builds(
    Draft.model_construct,
    label=st.sampled_from(["happiness", "neutral", "positive", "speaking", "agreeing", "joy", "", "happy"]),
    text=st.sampled_from(["It suggests it", "", "x" * 500, "a\x00b", "She is lying to us"]),
    start_ms=st.integers(-10, 12_000) | st.just(10**40),
    end_ms=st.integers(-10, 12_000) | st.just(10**40),
    confidence_percent=st.integers(-5, 120),
    second_label=st.none() | st.sampled_from(["happiness", "nonsense"]),
    second_percent=st.integers(-5, 120),
    evidence=st.lists(
        st.sampled_from(
            [
                "au12-1",
                "nod-0",
                "au4-2",
                "utterance-3",
                "face_visible-100",
                "face_visible-101",
                "frame@1.00",
                "made-up-1",
            ]
        ),
        max_size=10,
    ).map(tuple),
    abstained=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(case=cases(), level=st.sampled_from(LEVELS), lies=st.lists(LIES, max_size=6))
def test_every_accepted_claim_cites_what_exists_while_it_holds_inside_the_clip(case, level, lies):
    times = {o.id: (o.start_s, o.end_s) for o in case.evidence.observations}
    times |= {frame_id(t): (t, t) for t in case.presentation.moments_s}
    claims, rejected, _ = accept(lies, level, case)
    assert len(claims) + len(rejected) == len(lies)
    for made in claims:
        assert 0 <= made.start_s <= made.end_s <= DURATION_S
        assert made.abstained or (made.label in case.codebook.ids(level) and made.evidence)
        for cited in made.evidence:
            start_s, end_s = times[cited]
            assert start_s <= made.end_s
            assert made.start_s <= end_s
        if made.basis == "seen":
            assert made.confidence <= 0.5
            assert all(e.startswith(FRAME_PREFIX) for e in made.evidence)


@settings(max_examples=100, deadline=None)
@given(case=cases())
def test_the_critic_answers_for_every_claim_and_only_for_claims(case):
    claims = [c for level in LEVELS for c in accept(reason(level, case).claims, level, case)[0]]
    verdicts = critique(claims, case.about(None))
    assert {v.claim for v in verdicts} == {c.id for c in claims if not c.abstained}


def test_words_alone_bear_out_nothing_visible():
    case = make_case(face(), saw("utterance", 2, 4), saw("au12", 2, 4))
    said = draft("happiness", "utterance-1", text="The words sound glad.")
    seen = draft("happiness", "utterance-1", text="A smile suggests gladness.")
    shown = draft("happiness", "utterance-1", "au12-1", text="A smile suggests gladness.")
    claims, (rejected,), _ = accept([said, seen, shown], "emotion", case)
    assert [c.text for c in claims] == [said.text, shown.text]
    assert "words_are_no_picture" in rejected.reason
