"""Strategies for any value of the contract: observations, signals, evidence, claims, reports."""

from hypothesis import strategies as st

from agents.claims import LEVELS, Alternative, Claim, RejectedClaim, Verdict
from agents.report import AffectPoint, ClipFacts, Failure, Person, Provenance, Report, TokenUse
from perception.clip import Utterance
from perception.evidence import Abstention, Evidence, Findings, Observation, Signal, ToolRun

DURATION_S = 60.0
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
maybe_words = st.text(st.characters(codec="utf-8"), max_size=20)
shares = st.floats(0, 1)
seconds = st.floats(0, DURATION_S)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**9)
people = st.none() | st.sampled_from(("P1", "P2"))
tools = st.sampled_from(("faces", "rppg", "speech"))


@st.composite
def spans(draw, count=2):
    """Times in order."""
    return sorted(draw(st.lists(seconds, min_size=count, max_size=count)))


@st.composite
def observations(draw, number=1):
    """Any observation."""
    start_s, apex_s, end_s = draw(spans(3))
    return Observation(
        id=f"au12-{number}",
        tool=draw(tools),
        kind="au12",
        person=draw(people),
        start_s=start_s,
        apex_s=draw(st.sampled_from((None, apex_s))),
        end_s=end_s,
        value=draw(st.none() | numbers),
        unit=draw(st.none() | words),
        confidence=draw(shares),
        quality=draw(shares),
        text=draw(words),
    )


@st.composite
def signals(draw):
    """Any signal, evenly sampled or not."""
    base = {"name": draw(words), "tool": draw(tools), "unit": draw(maybe_words), "person": draw(people)}
    values = draw(st.lists(numbers, max_size=5))
    if draw(st.booleans()):
        return Signal(**base, values=values, start_s=draw(seconds), rate_hz=draw(st.floats(0.1, 1000)))
    return Signal(**base, values=values, times_s=[draw(seconds) for _ in values])


abstentions = st.builds(Abstention, tool=tools, person=people, reason=words)


@st.composite
def findings(draw):
    """What a tool may return, before it is sealed."""
    return Findings(
        observations=tuple(draw(observations(n)) for n in range(draw(st.integers(0, 3)))),
        signals=tuple(draw(st.lists(signals(), max_size=2))),
        abstentions=tuple(draw(st.lists(abstentions, max_size=2))),
        notes=draw(st.dictionaries(words, words, max_size=2)),
    )


@st.composite
def evidence(draw):
    """Any evidence."""
    runs = st.builds(
        ToolRun,
        tool=tools,
        version=words,
        options=st.dictionaries(words, st.none() | st.booleans() | counts | words, max_size=2),
        status=st.sampled_from(("ok", "abstained", "failed", "skipped")),
        cached=st.booleans(),
        seconds=seconds,
        error=st.none() | words,
        notes=st.dictionaries(words, words, max_size=2),
    )
    found = draw(findings())
    return Evidence(
        clip_sha256=draw(words),
        duration_s=DURATION_S,
        tools=draw(st.lists(runs, max_size=2)),
        observations=found.observations,
        signals=found.signals,
        abstentions=found.abstentions,
    )


@st.composite
def claims(draw, number, evidence_ids):
    """Any claim on this evidence; one without evidence abstains."""
    start_s, end_s = draw(spans())
    cited = draw(st.lists(st.sampled_from(evidence_ids), unique=True)) if evidence_ids else []
    return Claim(
        id=f"P1-emotion-{number}",
        level=draw(st.sampled_from(LEVELS)),
        label=draw(words) if cited else "",
        alternatives=draw(st.lists(st.builds(Alternative, label=words, probability=shares), max_size=2)),
        text=draw(words),
        person=draw(people),
        start_s=start_s,
        end_s=end_s,
        confidence=draw(shares),
        evidence=cited,
        depends_on=draw(st.lists(words, max_size=2)),
        abstained=not cited,
    )


@st.composite
def clips(draw):
    """Any facts of a clip."""
    transcript = [
        Utterance(start_s=start_s, end_s=end_s, speaker=draw(st.none() | words), text=draw(words))
        for start_s, end_s in draw(st.lists(spans(), max_size=2))
    ]
    return ClipFacts(
        name=draw(words),
        sha256=draw(words),
        duration_s=DURATION_S,
        fps=draw(st.floats(0.1, 1000)),
        width=draw(counts),
        height=draw(counts),
        n_frames=draw(counts),
        has_audio=draw(st.booleans()),
        variable_frame_rate=draw(st.booleans()),
        transcript=transcript,
    )


@st.composite
def affect_points(draw):
    """Any stretch of valence and arousal."""
    start_s, end_s = draw(spans())
    sides = st.floats(-1, 1)
    return AffectPoint(
        person="P1",
        start_s=start_s,
        end_s=end_s,
        valence=draw(sides),
        arousal=draw(sides),
        confidence=draw(shares),
        evidence=draw(st.lists(words, min_size=1, max_size=2)),
    )


provenances = st.builds(
    Provenance,
    mentalis_version=words,
    graph=words,
    reasoner=st.sampled_from(("knowledge", "model")),
    model=st.none() | words,
    codebook=words,
    codebook_sha256=words,
    prompts_sha256=words,
    knowledge_sha256=words,
    seed=st.integers(),
    tokens=st.builds(TokenUse, calls=counts, prompt_tokens=counts),
    seconds=st.dictionaries(words, seconds, max_size=2),
)


@st.composite
def reports(draw):
    """Any report."""
    found = draw(evidence())
    ids = [o.id for o in found.observations]
    levels = st.sampled_from(LEVELS)
    return Report(
        clip=draw(clips()),
        people=draw(
            st.lists(
                st.builds(Person, id=words, first_seen_s=seconds, last_seen_s=seconds, visible_s=seconds), max_size=2
            )
        ),
        claims=[draw(claims(n, ids)) for n in range(draw(st.integers(0, 3)))],
        narrative=draw(maybe_words),
        affect=draw(st.lists(affect_points(), max_size=2)),
        verdicts=draw(
            st.lists(
                st.builds(Verdict, check=words, claim=words, passed=st.booleans(), detail=maybe_words, round=counts),
                max_size=2,
            )
        ),
        rejected=draw(
            st.lists(
                st.builds(RejectedClaim, level=levels, person=people, text=maybe_words, reason=words, round=counts),
                max_size=2,
            )
        ),
        failures=draw(st.lists(st.builds(Failure, stage=words, what=words), max_size=2)),
        caveats=draw(st.lists(words, min_size=1, max_size=2)),
        conventions=draw(st.dictionaries(words, words, max_size=2)),
        evidence=found,
        provenance=draw(provenances),
    )
