"""Whatever a track looks like, no tool tells of a time, a confidence or a number that can't be."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentalis.testing import body_track, face_track
from mentalis.testing.body_tracks import GESTURES
from mentalis.testing.facial_actions import ACTIONS
from perception.clip import Clip, Utterance
from perception.evidence import Findings
from perception.tool import BUILT_IN, make_tool

SECONDS = 8.0
times = st.floats(0, SECONDS).map(lambda t: round(t, 2))
stretches = st.tuples(times, st.floats(0.05, 4).map(lambda t: round(t, 2))).map(lambda s: (s[0], s[0] + s[1]))
ON_TRACKS = [
    name
    for name in BUILT_IN
    if not make_tool(name).sees_frames
    and name != "micro_expressions"
    and {*make_tool(name).needs} & {"faces", "bodies"}
]


@st.composite
def scenes(draw):
    """Faces and bodies that do anything at any time, are lost and found again, at any rate and size."""
    people = []
    for n in range(draw(st.integers(0, 2))):
        actions = draw(st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), stretches, st.floats(0.1, 1)), max_size=3))
        people.append(
            face_track(
                seconds=draw(st.sampled_from([0.1, 2.0, SECONDS])),
                rate_hz=draw(st.sampled_from([5.0, 15.0, 30.0])),
                person=f"P{n + 1}",
                actions=[(kind, *span, strength) for kind, span, strength in actions],
                gaps_s=draw(st.lists(stretches, max_size=2)),
                noise_px=draw(st.sampled_from([0.0, 0.5, 3.0])),
                center=(0.5, 0.25),
                face_width=draw(st.sampled_from([0.05, 0.14])),
                seed=n,
            )
        )
    made = draw(st.lists(st.tuples(st.sampled_from(sorted(GESTURES)), stretches), max_size=3))
    body = body_track(
        seconds=draw(st.sampled_from([0.1, SECONDS])),
        gestures=[(kind, *span) for kind, span in made],
        gaps_s=draw(st.lists(stretches, max_size=2)),
        dropped=draw(st.sampled_from([0.0, 0.5])),
        noise_px=draw(st.sampled_from([0.0, 5.0])),
    )
    seen = [face for face in people if len(face.times_s)]
    return {"faces": seen, "bodies": [body] if len(body.times_s) else []}


@pytest.mark.parametrize("name", ON_TRACKS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(scene=scenes())
def test_every_finding_can_be(name, scene, demo):
    said = (Utterance(start_s=1.0, end_s=2.5, text="I love this"), Utterance(start_s=4.0, end_s=4.6, text="no"))
    clip = Clip.open(demo.clip).model_copy(update={"transcript": said, "transcript_language": "en"})
    found = run(name, clip, scene)
    for o in found.observations:
        assert 0 <= o.start_s <= o.end_s <= clip.duration_s
        assert 0 <= o.confidence <= 1
        assert 0 <= o.quality <= 1
        assert o.value is None or math.isfinite(o.value)
    for signal in found.signals:
        assert all(map(math.isfinite, signal.values))


def run(name, clip, scene):
    """A tool on the scene, after all that it needs."""
    if name in scene:
        return scene[name]
    tool = make_tool(name)
    returned = tool(clip, **{need: run(need, clip, scene) for need in tool.needs})
    return returned if isinstance(returned, Findings) else returned.value
