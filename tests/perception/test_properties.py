"""Whatever a track looks like, no tool tells of a time, a confidence or a number that can't be."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentalis.testing import body_track, face_track
from mentalis.testing.body_tracks import GESTURES
from mentalis.testing.facial_actions import ACTIONS
from mentalis.testing.sound import RATE_HZ
from perception.clip import Clip, Utterance
from perception.evidence import Findings
from perception.face_flow import FlowTrack, regions
from perception.rppg import _measure
from perception.skin_regions import REGIONS
from perception.skin_traces import SkinTrace
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
    check(run(name, clip, scene), clip)


def check(found, clip):
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


@st.composite
def flows(draw):
    """Small movements of the places of a face, at any rate, with holes and jumps."""
    rate_hz = draw(st.sampled_from([25.0, 30.0, 60.0, 200.0]))
    times_s = np.arange(1, max(2, round(draw(st.sampled_from([0.1, SECONDS])) * rate_hz))) / rate_hz
    for start_s, end_s in draw(st.lists(stretches, max_size=2)):
        times_s = times_s[(times_s < start_s) | (times_s > end_s)]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    size = draw(st.sampled_from([0.0, 0.002, 0.02, 1.0]))
    steps = rng.normal(0, size, (len(times_s), len(regions()), 2))
    return [FlowTrack("P1", times_s, steps, rate_hz)] if len(times_s) else []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(flow=flows(), gaps_s=st.lists(stretches, max_size=2))
def test_every_micro_expression_can_be(flow, gaps_s, demo):
    clip = Clip.open(demo.clip)
    face = face_track(seconds=SECONDS, gaps_s=gaps_s, actions=[("au12", 1.0, 2.0, 1.0)])
    faces = [face] if len(face.times_s) else []
    units = make_tool("action_units", engine="geometry")(clip, faces=faces)
    found = make_tool("micro_expressions")(clip, face_flow=flow, faces=faces, action_units=units)
    check(found, clip)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seconds=st.sampled_from([0.0, 0.2, 7.0, 11.0]),
    fps=st.sampled_from([5.0, 15.0, 30.0]),
    hidden=st.lists(stretches, max_size=2),
    covered=st.lists(st.integers(0, len(REGIONS) - 1), max_size=5),
    noise=st.sampled_from([0.0, 0.1, 40.0]),
    light=st.sampled_from([0.0, 0.2, 1.0]),
)
def test_every_pulse_can_be(seconds, fps, hidden, covered, noise, light, demo):
    clip, trace, found = Clip.open(demo.clip), SkinTrace(), Findings()
    rng = np.random.default_rng(0)
    for time_s in np.arange(0, seconds, 1 / fps):
        if any(a <= time_s < b for a, b in hidden):
            continue
        beat = 1 + 0.01 * np.sin(2 * np.pi * 1.2 * time_s) * np.array([0.3, 1, 0.55])
        colours = np.clip(light * 120 * beat + rng.normal(0, noise, (len(REGIONS), 3)), 0, 255)
        colours[covered] = np.nan
        trace.add(float(time_s), colours, np.full(3, np.nan), rng.normal(0, noise / 10, 2))
    _measure(clip, "P1", [trace], "fused", found)
    check(found, clip)
    assert found.observations or found.abstentions


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    loudness=st.sampled_from([0.0, 1e-4, 0.1, 1.0]),
    pitch_hz=st.sampled_from([0.0, 30.0, 150.0, 900.0]),
    spans=st.lists(stretches, max_size=4),
)
def test_every_word_and_voice_can_be(loudness, pitch_hz, spans, make_clip):
    times_s = np.arange(0, SECONDS, 1 / RATE_HZ)
    wave = loudness * np.sin(2 * np.pi * pitch_hz * times_s)
    wave += np.random.default_rng(0).normal(0, 0.1 * loudness, len(times_s))
    clip = Clip.open(make_clip("voice.mp4", frames=round(24 * SECONDS), sound=wave))
    words = tuple(
        Utterance(start_s=a, end_s=min(b, clip.duration_s), text="not good")
        for a, b in sorted(spans)
        if a < SECONDS - 0.1
    )
    check(make_tool("speech")(clip.model_copy(update={"transcript": words})), clip)
