"""Whatever a model claims, what stands in the report cites what was measured or shown, inside the clip's time."""

import json
import random

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

import mentalis
from agents.claims import FRAME_PREFIX
from perception.clip import Clip

CLIPS = ("man_talking_640x360.mp4", "single_face_2s.mp4", "no_face.mp4", "face_then_none_vfr.mov", "demo")
TOOLS = ("action_units", "blinks", "head_gestures", "speech", "quality")
SEEDS = range(4)
TEXTS = ("The expression suggests it.", "He is a liar.", "The face shows this for a while.")
ODD = ("", "\x00", "frame@", "frame@nan", "frame@-1.00", "frame@1e9", "../../etc", "au12-999999", "💥", "a" * 5000)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One data folder for all, so that each clip is measured once."""
    return knowing(tmp_path_factory.mktemp("data"))


def lies(rng, labels, known, duration_s):
    """An answer that is partly true, partly false and partly absurd, of a form that can be read."""

    def an_id():
        invented = f"{FRAME_PREFIX}{rng.uniform(-1, 2 * duration_s):.2f}"
        return rng.choice([*(o.id for o in known), invented, *ODD])

    def true_claim(seen):
        return {
            "label": rng.choice(labels),
            "text": "The expression suggests it.",
            "start_ms": round(1000 * seen.start_s),
            "end_ms": round(1000 * seen.end_s),
            "confidence_percent": 40,
            "second_label": None,
            "second_percent": 0,
            "evidence": [seen.id],
            "abstained": False,
        }

    def claim(absurd):
        start_s, end_s = sorted((rng.uniform(0, duration_s), rng.uniform(0, 1.1 * duration_s)))
        if known and rng.random() < 0.4:
            return true_claim(rng.choice(known))
        if absurd:
            start_s, end_s = end_s, start_s - 1
        return {
            "label": rng.choice([*labels, "guilt"]),
            "text": rng.choice(["\x00\x1b[31m", "x" * 9999, ""]) if absurd else rng.choice(TEXTS),
            "start_ms": round(1000 * start_s),
            "end_ms": round(1000 * end_s),
            "confidence_percent": rng.choice([101, -3, 50]) if absurd else rng.randint(0, 100),
            "second_label": rng.choice([None, "anger", "nonsense"]),
            "second_percent": rng.randint(0, 100),
            "evidence": [an_id() for _ in range(rng.randint(0, 3))],
            "abstained": rng.random() < 0.1,
        }

    absurd = rng.random() < 0.2  # one absurd value can spoil the form of the whole answer
    return {"claims": [claim(absurd) for _ in range(rng.randint(1, 6))]}


@pytest.mark.parametrize("name", CLIPS)
def test_every_claim_cites_what_exists_inside_the_clip(name, shared, demo, measured):
    path = demo.clip if name == "demo" else shared / "clips" / name
    known = mentalis.analyze(path, tools=TOOLS, data=measured).evidence.observations
    duration_s = Clip.open(path).duration_s
    kept = 0
    for seed in SEEDS:
        rng = random.Random(f"{name}-{seed}")

        def answer(request, rng=rng):
            if (schema := schema_of(request)) is None:
                return 200, "ok", "stop"  # the endpoint takes images
            claims = schema["properties"].get("claims")
            labels = claims and claims["items"]["properties"]["label"]["enum"]
            told = lies(rng, labels, known, duration_s) if claims else sample(schema)
            return 200, json.dumps(told), "stop"

        with scripted_endpoint(answer) as endpoint:
            report = mentalis.analyze(path, tools=TOOLS, data=measured, model=f"liar-{seed}", base_url=endpoint.url)
        shown = {part["text"].split()[0] for asked in endpoint.asked for part in frames_of(asked)}
        observed = {o.id: o for o in report.evidence.observations}
        for claim in report.claims:
            assert 0 <= claim.start_s <= claim.end_s <= duration_s
            assert claim.abstained or claim.evidence
            for cited in claim.evidence:
                assert cited in observed or cited in shown
                if cited in observed:
                    assert observed[cited].person in (None, claim.person) or claim.person is None
                    assert observed[cited].start_s <= claim.end_s + 0.1
                    assert observed[cited].end_s >= claim.start_s - 0.1
            kept += not claim.abstained
        assert report.rejected or report.failures or not report.people
    if name in ("man_talking_640x360.mp4", "demo"):
        assert kept, "some of what it says is true, and stays"


def frames_of(request):
    """The text parts that name the frames that were sent."""
    parts = [p for m in request["messages"] if isinstance(m["content"], list) for p in m["content"]]
    return [p for p in parts if p["type"] == "text" and p["text"].startswith(FRAME_PREFIX)]
