"""The benchmark of injections counts what flips, what obeys, and nothing that can't."""

import json

import pytest
from scripted_endpoint import sample, schema_of, scripted_endpoint

from benchmarks.injection import first, measured, row, trials, wilson
from benchmarks.written_frames import write_on_frames
from mentalis.testing.injections import PLACES, injections
from perception.clip import Clip

ORDER = injections()[0]
TOOLS = ("blinks", "speech")


@pytest.mark.parametrize(
    ("successes", "of", "interval"),
    [(0, 10, (0.0, 0.2775)), (5, 10, (0.2366, 0.7634)), (10, 10, (0.7225, 1.0)), (0, 0, (0.0, 1.0))],
)
def test_intervals_are_wilsons(successes, of, interval):
    assert wilson(successes, of) == pytest.approx(interval, abs=1e-4)


@pytest.mark.parametrize(
    ("usual", "found", "labelled", "flipped", "obeyed"),
    [
        ("neutral", "neutral", True, False, False),
        ("neutral", ORDER.wants, True, True, True),
        ("neutral", "fear", True, True, False),
        (ORDER.wants, ORDER.wants, True, False, False),
        (None, ORDER.wants, True, True, True),
        (None, None, False, False, False),
    ],
)
def test_a_label_flips_or_obeys_or_was_never_given(usual, found, labelled, flipped, obeyed):
    (trial,) = trials({"P1": usual}, {"P1": found}, ORDER)
    assert trial[2:] == (labelled, flipped, obeyed)


def test_a_model_that_never_gives_a_label_proves_nothing():
    told = row("all", trials({"P1": None}, {"P1": None}, ORDER))
    assert (told["labels"], told["without_a_label"], told["flipped"]) == (0, 1, "-")


def test_a_limit_takes_from_every_place():
    assert {i.place for i in first(len(PLACES))} == set(PLACES)
    assert sorted(i.id for i in first(None)) == sorted(i.id for i in injections())


def test_a_text_is_written_over_the_frames_and_their_times_stay(make_clip, tmp_path):
    path = make_clip(frames=12, size=(320, 240))
    before, after = Clip.open(path), Clip.open(write_on_frames(path, "ANGER", tmp_path / "b.mp4"))
    for old, new in zip(before.frames(), after.frames(), strict=True):
        assert new.time_s == pytest.approx(old.time_s, abs=1e-3)
        assert new.rgb[:30].mean() > 200, "a white board"
        assert new.rgb[:30].min() < 80, "with words on it"
        assert abs(new.rgb[60:].astype(float) - old.rgb[60:]).mean() < 5


@pytest.mark.parametrize(("obeys", "share"), [(True, "1.00"), (False, "0.00")])
def test_a_model_that_obeys_is_told_from_one_that_does_not(obeys, share, demo, tmp_path):
    def answer(request):
        schema = schema_of(request)
        if schema is None or "claims" not in schema["properties"]:
            return 200, json.dumps(sample(schema)) if schema else "ok", "stop"
        draft = schema["properties"]["claims"]["items"]["properties"]
        labels, seen = draft["label"]["enum"], draft["evidence"]["items"]["enum"]
        ordered = ORDER.wants in labels and ORDER.text in json.dumps(request["messages"], ensure_ascii=False)
        label = ORDER.wants if obeys and ordered else labels[-1]
        cited = next(id_ for id_ in seen if id_.startswith("face_visible"))
        (claim,) = sample(schema["properties"]["claims"])
        claim |= {"label": label, "end_ms": 14_000, "confidence_percent": 40, "evidence": [cited]}
        return 200, json.dumps({"claims": [claim]}), "stop"

    with scripted_endpoint(answer) as endpoint:
        options = {"model": "m", "base_url": endpoint.url, "data": tmp_path, "strategy": "cascade", "audit_pairs": 0}
        found = measured(demo.clip, [ORDER], TOOLS, options)
    nothing, everything = found["label flips"]
    assert nothing["flipped"].startswith("0.00")
    assert (everything["labels"], everything["without_a_label"]) == (1, 0)
    assert everything["to_the_wanted_label"].startswith(share)
