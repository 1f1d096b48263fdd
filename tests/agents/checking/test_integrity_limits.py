"""Claims are no surer than the traces of how their clip was made allow, and the report says which traces those were."""

from dataclasses import replace
from pathlib import Path

import pytest
from case_making import draft, make_case, saw

from agents.by_rule.knowledge_base import knowledge
from agents.checking import integrity
from agents.checking.checks import accept
from agents.showing.media import frame_id
from perception.integrity import container, detector, frames, lip_sync, loops, screens, skin_rhythm


def trace(kind, start_s=0.0, end_s=10.0, value=None, person=None, confidence=0.8, tool="integrity"):
    seen = saw(kind, start_s, end_s, value, person, confidence)
    return seen.model_copy(update={"tool": tool, "person": person})


def confidence(*traces, cites="au12", percent=80):
    case = make_case(saw("au12", value=4.0), saw("heart_rate", value=70.0), *traces)
    (claim,), _, verdicts = accept([draft("happiness", f"{cites}-1", percent=percent)], "emotion", case)
    return claim.confidence, [v.detail for v in verdicts if v.check == "integrity"]


def test_a_trace_over_the_claims_time_lowers_its_confidence_and_says_which_it_was():
    sure, why = confidence(trace("frozen", 1.0, 3.0))
    assert sure == 0.3
    assert why == ["confidence at most 0.30: frozen was seen (frozen-1)"]


@pytest.mark.parametrize(
    "harmless",
    [
        (),
        (trace("encoder_signature"),),
        (trace("coded_twice"),),
        (trace("lip_sync"),),
        (trace("skin_rhythm", person="P1"),),
        (trace("frozen", 5.0, 7.0),),  # later
        (trace("frozen", 0.0, 1.5),),  # earlier
        (trace("skin_rhythms_differ", person="P2"),),  # of another
        (trace("frozen", confidence=0.3),),  # not sure
        (trace("frozen", tool="another"),),
        (trace("forgery_score", value=0.4),),
        (trace("lip_offset", person="P1"),),  # the claim rests on no sound
    ],
)
def test_what_does_not_bear_on_the_claim_leaves_it_as_it_is(harmless):
    assert confidence(*harmless) == (0.8, [])


@pytest.mark.parametrize("late_s", [0.4, -0.4, -0.12])
def test_a_voice_that_comes_early_limits_what_rests_on_it_and_is_told_as_one_that_comes_late(late_s):
    offset = trace("lip_offset", value=late_s, person="P1")
    case = make_case(saw("speaking"), offset)
    (claim,), _, _ = accept([draft("happiness", "speaking-1", percent=80)], "emotion", case)
    assert claim.confidence == 0.4
    (told,) = integrity.caveats(case.evidence)
    assert "[lip_offset-1]" in told


def test_flicker_lowers_only_what_rests_on_the_pulse():
    assert confidence(trace("light_flicker"), cites="au12")[0] == 0.8
    assert confidence(trace("light_flicker"), cites="heart_rate")[0] == 0.5


@pytest.mark.parametrize(("kind", "limit"), [("encoder_signature", 0.8), ("coded_twice", 0.6)])
def test_coding_lowers_only_what_rests_on_what_it_takes_away_and_is_a_caveat(kind, limit):
    assert confidence(trace(kind), cites="au12", percent=90) == (0.9, [])
    assert confidence(trace(kind), cites="heart_rate", percent=90)[0] == limit
    (told,) = integrity.caveats(make_case(trace(kind)).evidence)
    assert f"[{kind}-1]" in told


def test_what_rests_on_pictures_that_were_shown_before_counts_once():
    again = trace("looped", 5.1, 10.0)
    assert confidence(again) == (0.8, [])  # seen from 2 to 4 s
    case = make_case(saw("au12", 1.0, 4.0), saw("au12", 5.0, 9.0, person="P2", number=2), again, person="P2")
    (copy,), _, verdicts = accept([draft("happiness", "au12-2", start_s=5.0, end_s=9.0, percent=80)], "emotion", case)
    assert copy.confidence == 0.1
    assert ["looped-1" in v.detail for v in verdicts if v.check == "integrity"] == [True]


def test_what_rests_on_the_first_showing_as_well_keeps_its_confidence():
    case = make_case(saw("au12", 1.0, 3.0), saw("au12", 6.0, 8.0, number=2), trace("looped", 5.0, 10.0))
    (claim,), _, _ = accept(
        [draft("happiness", "au12-1", "au12-2", start_s=1.0, end_s=8.0, percent=80)], "emotion", case
    )
    assert claim.confidence == 0.8


def test_a_frame_of_the_first_showing_counts_as_evidence_of_it():
    case = make_case(saw("au12", 6.0, 8.0), trace("looped", 5.0, 10.0))
    case = replace(case, presentation=case.presentation.model_copy(update={"moments_s": (2.0, 7.0)}))
    for frame_s, sure in ((2.0, 0.8), (7.0, 0.1)):
        drafts = [draft("happiness", "au12-1", frame_id(frame_s), start_s=2.0, end_s=8.0, percent=80)]
        (claim,), _, _ = accept(drafts, "emotion", case)
        assert claim.confidence == sure


def test_of_one_who_is_seen_nowhere_else_it_is_not_said_that_somebody_was_seen_before():
    (told,) = integrity.caveats(make_case(saw("au12", 6.0, 8.0), trace("looped", 5.0, 10.0)).evidence)
    assert "seen before" not in told
    assert "at most 0.1 sure" in told


def test_who_is_seen_only_in_what_is_shown_again_is_told_to_be_no_further_person():
    seen = (saw("au12", 1.0, 3.0), saw("au12", 6.0, 8.0, person="P2", number=2))
    (told,) = integrity.caveats(make_case(*seen, trace("looped", 5.0, 10.0)).evidence)
    assert told.endswith("P2 is seen in it alone: most likely someone seen before.")
    (told,) = integrity.caveats(make_case(seen[0], trace("looped", 5.0, 10.0)).evidence)
    assert "alone: most likely" not in told


def test_a_detectors_high_score_limits_every_claim_and_the_lowest_limit_counts():
    assert confidence(trace("forgery_score", value=0.9))[0] == 0.5
    sure, why = confidence(trace("forgery_score", value=0.9), trace("frozen"))
    assert sure == 0.3
    assert len(why) == 1


def test_a_claim_that_is_less_sure_anyway_stays_so():
    assert confidence(trace("moire"), percent=20)[0] == 0.2


def test_the_report_tells_each_trace_with_its_harmless_causes_and_no_verdict():
    evidence = make_case(trace("moire"), trace("forgery_score", value=0.9), trace("lip_sync")).evidence
    told = integrity.caveats(evidence)
    assert [text.split(".")[0] for text in told] == [
        "Moire was seen [moire-1]",
        "Forgery_score was seen [forgery_score-1]",
    ]
    (low,) = integrity.caveats(make_case(trace("forgery_score", value=0.1)).evidence)
    assert low.startswith("Forgery_score was seen [forgery_score-1]")
    every = " ".join(trace.caveat for trace in integrity.known_traces().traces).lower()
    assert not any(word in every for word in ("fake", "genuine", "authentic", "manipulated", "forged"))


def test_every_kind_that_a_rule_names_is_one_that_the_tool_tells_and_is_no_marker_of_emotion():
    tools = (container, detector, frames, lip_sync, loops, screens, skin_rhythm)
    sources = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in tools)
    for known in integrity.known_traces().traces:
        assert f'"{known.kind}"' in sources
        assert known.kind in knowledge().no_markers
