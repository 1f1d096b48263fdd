"""Statements of the self-audit are true or false by the report itself, and their score is the published one."""

import re
from collections import Counter

import pytest
from case_making import claim
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.checking.cues import absent, cues
from agents.checking.self_audit import (
    SelfAuditError,
    Statement,
    accuracy,
    false_positive_ratio,
    score,
    statement_pairs,
    yes_bias,
)
from agents.claims import FRAME_PREFIX
from agents.codebook import load_codebook
from perception.au_intensity import letter
from perception.evidence import Abstention, Evidence, Observation, Signal, ToolRun

DURATION_S, RATE_HZ = 10.0, 10
BOOK = load_codebook("basic")
UNITS = ("AU1", "AU2", "AU4", "AU6", "AU9", "AU10", "AU12", "AU15", "AU17", "AU25", "AU26")
HEAD = ("head_pitch", "head_yaw", "head_roll")
SHOWN = (*(u.lower() for u in UNITS), "nod", "shake", "tilt", "touch_face", "fold_arms")


def shows(kind, start_s, end_s, value=3.0, person="P1", confidence=0.9, number=1):
    """One observation by the tool that makes such."""
    cue = cues()[kind]
    value = value if kind.startswith("au") else None
    return Observation(
        id=f"{kind}-{person}-{number}", tool=cue.tool, kind=kind, person=person, start_s=start_s, end_s=end_s,
        value=value, confidence=confidence, quality=0.9, text=f"{person} {cue.phrase}",
    )  # fmt: skip


def measured(*observations, people=("P1",), hidden_s=(), abstentions=()):
    """Evidence with the signals that belong to it: as strong as is shown, and without samples in `hidden_s`."""
    times = [n / RATE_HZ for n in range(int(DURATION_S * RATE_HZ) + 1)]
    times = [t for t in times if not any(a <= t <= b for a, b in hidden_s)]

    def strength(name, person, time_s):
        mine = [o for o in observations if (o.kind, o.person) == (name.lower(), person)]
        return max((o.value or 0.0 for o in mine if o.start_s <= time_s <= o.end_s), default=0.0)

    return Evidence(
        clip_sha256="0" * 64, duration_s=DURATION_S, observations=observations, abstentions=abstentions,
        tools=tuple(ToolRun(tool=t, version="1", status="ok") for t in ("action_units", "head_gestures")),
        signals=tuple(
            Signal(name=n, tool="faces" if n in HEAD else "action_units", unit="", person=p, times_s=times,
                   values=[strength(n, p, t) for t in times])
            for n in (*UNITS, *HEAD) for p in people if times
        ),
    )  # fmt: skip


def rich():
    """Claims and evidence of two people that every dimension can be made from."""
    evidence = measured(
        *(shows("au12", s, s + 1, number=s) for s in range(0, 10, 3)),
        *(shows("au4", s, s + 1, person="P2", number=s) for s in range(1, 10, 3)),
        shows("nod", 2.0, 2.5), shows("shake", 7.0, 7.5, person="P2"),
        people=("P1", "P2"),
    )  # fmt: skip
    claims = [claim("emotion", "happiness", f"au12-P1-{s}", start_s=s, end_s=s + 1, number=s) for s in range(0, 10, 3)]
    claims += [claim("emotion", "anger", "au4-P2-1", start_s=1, end_s=2, person="P2")]
    claims += [claim("cognition", "concentrating", "au4-P2-4", start_s=4, end_s=5, person="P2")]
    return claims, evidence, ("P1", "P2")


@st.composite
def reports(draw):
    """Any claims of the basic codebook on any evidence, measured in part."""
    people = ("P1", "P2")[: draw(st.integers(1, 2))]
    span = st.tuples(st.floats(0, DURATION_S), st.floats(0, DURATION_S)).map(sorted)
    seen = [
        shows(draw(st.sampled_from(SHOWN)), *draw(span), draw(st.floats(0, 5)), draw(st.sampled_from(people)),
              draw(st.floats(0, 1)), number)
        for number in range(draw(st.integers(0, 10)))
    ]  # fmt: skip
    claims = []
    for number, o in enumerate(draw(st.lists(st.sampled_from(seen), max_size=6)) if seen else ()):
        level = draw(st.sampled_from(("behaviour", "cognition", "emotion")))
        label = draw(st.sampled_from(BOOK.ids(level)))
        claims.append(claim(level, label, o.id, start_s=o.start_s, end_s=o.end_s, person=o.person, number=number))
    return claims, measured(*seen, people=people, hidden_s=draw(st.lists(span, max_size=1))), people


def cue_in(text):
    """The cue that a statement is about: the longest phrase in it."""
    return max((c for c in cues().values() if c.phrase in text), key=lambda c: len(c.phrase))


def together(statement, things):
    """Those of the statement's person that hold at its time."""
    return [
        o for o in things
        if o.person == statement.person and o.start_s <= statement.end_s and o.end_s >= statement.start_s
    ]  # fmt: skip


def looked_for(cue, statement, evidence):
    """Whether there is a sample of all that the cue needs at least every 0.3 s of the statement's time."""
    needed = [s for s in evidence.signals if s.person == statement.person and s.name in cue.needs]
    at = [s.times_s for s in needed]
    steps = [statement.start_s + k * 0.05 for k in range(int((statement.end_s - statement.start_s) / 0.05) + 1)]
    return bool(needed) and all(min(abs(t - step) for t in times) < 0.15 for times in at for step in steps)


def true_of_the_report(statement, claims, evidence):
    """What the statement's text says, looked up; none when it was not measured."""
    during = together(statement, evidence.observations)
    if statement.dimension in ("cue", "person", "intensity"):
        cue = cue_in(statement.text)
        found = [o for o in during if o.kind == cue.kind]
        if statement.dimension == "intensity":
            said = re.search(r"\(([A-E]) on the scale", statement.text).group(1)
            return said in {letter(o.value) for o in found}
        return True if found else False if looked_for(cue, statement, evidence) else None
    label = re.search(r" '(.+?)'", statement.text).group(1)
    level = next(level for level in ("behaviour", "cognition", "emotion") if level in statement.text)
    held = [c for c in together(statement, claims) if c.level == level]
    held = [c for c in held if BOOK.label(level, c.label).name.lower() == label]
    if statement.dimension == "category":
        return bool(held)
    cited = {o.kind for o in evidence.observations if o.id in {e for c in held for e in c.evidence}}
    return cue_in(statement.text).kind in cited


@settings(max_examples=100, deadline=None)
@given(reports(), st.integers(0, 12), st.integers(0, 3))
def test_every_statement_is_as_true_or_false_as_the_report_says(report, count, seed):
    claims, evidence, people = report
    for statement in statement_pairs(claims, evidence, BOOK, people, count, seed):
        assert true_of_the_report(statement, claims, evidence) is statement.holds, statement


@settings(max_examples=30, deadline=None)
@given(reports(), st.integers(0, 12), st.integers(0, 3))
def test_each_pair_has_one_true_and_one_false_statement_of_the_same_time(report, count, seed):
    statements = statement_pairs(report[0], report[1], BOOK, report[2], count, seed)
    pairs = {s.pair: [p for p in statements if p.pair == s.pair] for s in statements}
    assert len(pairs) <= count
    for one, other in pairs.values():
        assert one.holds is not other.holds
        assert (one.start_s, one.end_s, one.dimension) == (other.start_s, other.end_s, other.dimension)
    texts = [s.text for s in statements]
    assert len(set(texts)) == len(texts)
    assert statements == statement_pairs(report[0], report[1], BOOK, report[2], count, seed)


def test_dimensions_take_turns_and_the_order_is_the_seeds():
    claims, evidence, people = rich()
    first, second = (statement_pairs(claims, evidence, BOOK, people, 10, seed) for seed in (1, 2))
    assert Counter(s.dimension for s in first) == dict.fromkeys(("category", "intensity", "cue", "reason", "person"), 4)
    assert [s.holds for s in first] != [s.holds for s in second]
    assert [s.pair for s in first[::2]] != [s.pair for s in first[1::2]]


def test_a_label_is_exchanged_for_one_of_the_opposite_valence_and_arousal():
    claims, evidence, people = rich()
    said = statement_pairs(claims[:1], evidence, BOOK, people, 20, 0)
    assert ["sadness" in s.text for s in said if s.dimension == "category" and not s.holds] == [True]


def test_alone_nobody_is_taken_for_another_and_the_rest_fills_up():
    claims, evidence, _ = rich()
    said = statement_pairs(claims, evidence, BOOK, ("P1",), 8, 0)
    assert len(said) == 16
    assert {s.dimension for s in said} == {"category", "intensity", "cue", "reason"}
    assert {s.person for s in said} == {"P1"}


def test_a_label_that_an_alternative_or_the_evidence_suggests_is_not_called_false():
    smile = (shows("au12", 2, 4), shows("au6", 2, 4))
    frown = shows("au15", 2, 4)
    angry = claim("emotion", "sadness", frown.id, start_s=2, end_s=4)
    for seed in range(20):
        said = statement_pairs([angry], measured(frown, *smile), BOOK, ("P1",), 9, seed)
        assert not any("happiness" in s.text for s in said)


@pytest.mark.parametrize(
    ("hidden_s", "abstentions"),
    [([(2.6, 3.2)], ()), ([], (Abstention(tool="head_gestures", person="P1", reason="8 frames/s"),))],
)
def test_what_was_not_measured_is_never_called_absent(hidden_s, abstentions):
    def statements(**gaps):
        return statement_pairs([], measured(shows("nod", 2.5, 3.5), **gaps), BOOK, ("P1",), 4, 0)

    assert [s.dimension for s in statements()] == ["cue", "cue"]
    assert statements(hidden_s=hidden_s, abstentions=abstentions) == ()


def test_a_trace_that_was_no_event_is_not_called_absent():
    smile = shows("au12", 2, 4)
    evidence = measured(smile)
    assert absent(cues()["au15"], "P1", 2, 4, evidence)
    risen = [s.model_copy(update={"values": (0.8,) * len(s.values)}) if s.name == "AU15" else s
             for s in evidence.signals]  # fmt: skip
    assert not absent(cues()["au15"], "P1", 2, 4, evidence.model_copy(update={"signals": tuple(risen)}))


@pytest.mark.parametrize("change", [{"kind": "au15_one_sided"}, {"kind": "face_caption", "text": "mouth: (AU15)"}])
def test_a_cue_that_another_observation_tells_of_is_not_called_absent(change):
    told = shows("nod", 3, 5).model_copy(update=change)
    assert not absent(cues()["au15"], "P1", 2, 4, measured(told))
    assert absent(cues()["au15"], "P1", 6, 8, measured(told))


def test_claims_on_frames_alone_and_abstentions_make_no_reason():
    looked = claim("emotion", "happiness", f"{FRAME_PREFIX}2.00")
    nothing = claim("emotion", "anger", "x").model_copy(update={"abstained": True})
    said = statement_pairs([looked, nothing], measured(), BOOK, ("P1",), 5, 0)
    assert {s.dimension for s in said} == {"category"}
    assert statement_pairs([nothing], measured(), BOOK, ("P1",), 5, 0) == ()


def made(pairs):
    """Statements s0, s1: a true and a false one for each pair."""
    return [
        Statement(id=f"s{2 * n + (not holds)}", pair=f"cue-{n}", dimension="cue" if n else "person", text="x",
                  holds=holds, person="P1", start_s=0, end_s=1)
        for n in range(pairs) for holds in (True, False)
    ]  # fmt: skip


def test_a_pair_counts_only_when_both_answers_are_right_and_silence_is_neither_yes_nor_no():
    answers = {"s0": True, "s1": False, "s2": True, "s3": True, "s4": True, "s5": None}
    audit = score(made(4), answers)
    assert (audit.pairs, audit.answered, audit.unanswered) == (4, 5, 3)
    assert audit.accuracy == pytest.approx(4 / 8)
    assert audit.pair_accuracy == pytest.approx(1 / 4)
    assert audit.yes_bias == pytest.approx((4 - 3) / 5)
    assert audit.false_positive_ratio == 1.0
    assert audit.by_dimension == {"cue": 0.0, "person": 1.0}
    assert audit.statements[5].answer is None


def test_without_a_wrong_answer_there_is_no_false_positive_ratio_and_of_nothing_no_share():
    assert score(made(1), {"s0": True, "s1": False}).false_positive_ratio is None
    empty = score((), {})
    assert (empty.pairs, empty.accuracy, empty.pair_accuracy, empty.yes_bias) == (0, None, None, None)


def test_an_answer_to_no_statement_is_refused():
    with pytest.raises(SelfAuditError, match="s99"):
        score(made(1), {"s99": True})


@pytest.mark.parametrize(
    ("basic", "hallucinated", "bias", "ratio"),
    [(5281, 6346, -0.053, 0.436), (7288, 3345, 0.197, 0.710), (6941, 6815, 0.006, 0.510), (7030, 6756, 0.014, 0.522)],
)
def test_bias_and_ratio_are_those_published_for_emotion_hallucer(basic, hallucinated, bias, ratio):
    n = 10_000
    truths = [True] * n + [False] * n
    answers = [k < basic for k in range(n)] + [k >= hallucinated for k in range(n)]
    assert yes_bias(truths, answers) == pytest.approx(bias, abs=5e-4)
    assert false_positive_ratio(truths, answers) == pytest.approx(ratio, abs=1e-3)
    assert accuracy(truths, answers) == pytest.approx((basic + hallucinated) / (2 * n))
