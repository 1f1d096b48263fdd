"""Cases for tests: evidence written down in a line each, and random evidence with known rules."""

from hypothesis import strategies as st

from agents.case import Case
from agents.claims import Claim, Draft
from agents.codebook import load_codebook
from agents.report import ClipFacts
from agents.showing.presentation import Presentation
from perception.evidence import Abstention, Evidence, Observation, Signal

DURATION_S = 10.0
UNITS = (
    "AU1",
    "AU2",
    "AU4",
    "AU5",
    "AU6",
    "AU7",
    "AU9",
    "AU10",
    "AU12",
    "AU14",
    "AU15",
    "AU17",
    "AU20",
    "AU23",
    "AU25",
)
KINDS = (*(u.lower() for u in UNITS), "au26", "au43", "nod", "shake", "tilt", "gaze_away", "touch_face", "fold_arms",
         "utterance", "voice_activity", "heart_rate", "light", "face_visible", "blink", "something_new")  # fmt: skip
WHOLE_CLIP = ("utterance", "voice_activity", "light")


def saw(kind, start_s=2.0, end_s=4.0, value=None, person="P1", confidence=0.9, quality=0.9, number=1):
    """One observation."""
    return Observation(
        id=f"{kind}-{number}", tool="test", kind=kind, person=None if kind in WHOLE_CLIP else person, start_s=start_s,
        end_s=end_s, value=value, confidence=confidence, quality=quality, text=f"{kind} was seen",
    )  # fmt: skip


def face(person="P1", start_s=0.0, end_s=DURATION_S, quality=0.9, number=1):
    """A stretch in which a face is in view."""
    return saw("face_visible", start_s, end_s, person=person, quality=quality, number=number)


def make_case(*observations, person="P1", people=("P1",), codebook="basic", units=UNITS, claims=(), **changes):
    """A case of ten seconds in which action units `units` and the head were measured for everyone."""
    names = (*units, "head_pitch", "gaze_x")
    signals = tuple(
        Signal(name=n, tool="test", unit="", person=p, start_s=0, rate_hz=10, values=(0.0,))
        for n in names
        for p in people
    )
    evidence = Evidence(
        clip_sha256="0" * 64, duration_s=DURATION_S, observations=observations, signals=signals,
        abstentions=(() if units else (Abstention(tool="action_units", reason="seen for 0.4 s only"),)),
    )  # fmt: skip
    clip = ClipFacts(
        name="clip.mp4", sha256="0" * 64, duration_s=DURATION_S, fps=25, width=640, height=360, n_frames=250,
        has_audio=True, variable_frame_rate=False,
    )  # fmt: skip
    return Case(clip, evidence, load_codebook(codebook), tuple(people), person, tuple(claims), **changes)


def draft(label, *evidence, start_s=2.0, end_s=4.0, percent=40, text="The expression suggests it", **changes):
    """A draft as an agent gives it."""
    return Draft(
        label=label, text=text, start_ms=round(start_s * 1000), end_ms=round(end_s * 1000), confidence_percent=percent,
        evidence=evidence, **changes,
    )  # fmt: skip


def claim(
    level, label, *evidence, start_s=2.0, end_s=4.0, confidence=0.4, person="P1", text="It suggests it", number=1
):
    """An accepted claim."""
    return Claim(
        id=f"{person}-{level}-{number}", level=level, label=label, text=text, person=person, start_s=start_s,
        end_s=end_s, confidence=confidence, evidence=evidence,
    )  # fmt: skip


shares = st.floats(0, 1)


@st.composite
def observations(draw, people):
    """Any observations of these people inside the clip."""
    made = []
    for number in range(draw(st.integers(0, 14))):
        start_s, end_s = sorted((draw(st.floats(0, DURATION_S)), draw(st.floats(0, DURATION_S))))
        value = draw(st.none() | st.floats(-1, 200))
        made.append(saw(draw(st.sampled_from(KINDS)), start_s, end_s, value, draw(st.sampled_from(people)),
                        draw(shares), draw(shares), number))  # fmt: skip
    return made


@st.composite
def cases(draw):
    """Any case: one to three people, any evidence, any shipped codebook."""
    people = ("P1", "P2", "P3")[: draw(st.integers(1, 3))]
    person = draw(st.sampled_from((None, *people)))
    faces = [face(p, quality=draw(shares), number=100 + n) for n, p in enumerate(people) if draw(st.booleans())]
    codebook = draw(st.sampled_from(("basic", "motor", "mer6", "compound", "open")))
    units = draw(st.sampled_from((UNITS, ())))
    frames = tuple(draw(st.lists(st.floats(0, DURATION_S), max_size=3)))
    return make_case(
        *faces, *draw(observations(people)), person=person, people=people, codebook=codebook, units=units,
        presentation=Presentation(way="frames", moments_s=frames),
    )  # fmt: skip
