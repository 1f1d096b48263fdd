"""What the chat agent may choose, say and remember; where a closer look is taken."""

import json

import jsonschema
import numpy as np
import pytest
from case_making import claim, face, make_case, saw
from scripted_endpoint import sample

from agents.chat import Choices, Decision, narrowed
from agents.chat_history import ChatHistory, Exchange, Said, remembered
from agents.models.json_schema import longest, server_schema
from agents.report import Person, Provenance, Report
from agents.searching.follow_up import understood
from agents.showing.zoom import SIDES, Crop, crops, face_box, picture_parts
from perception.clip import Clip
from perception.evidence import Signal

SEEN = (face(), saw("au12"))
OPEN = ("search", "measure", "zoom", "answer")


def schema_for(open_=OPEN, observations=SEEN):
    case = make_case(*observations, claims=(claim("emotion", "happiness", "au12-1"),))
    choices = Choices(tools=("blinks", "rppg"), frames=3, ids=("utterance@2.40",))
    said = Said(open=open_, calls_left=5)
    return server_schema(narrowed(case, said, choices if "zoom" in open_ else Choices()))


def report_with(*people):
    case = make_case(*SEEN, people=people)
    unknown = {f"{name}_sha256": "-" for name in ("codebook", "prompts", "knowledge")}
    made = Provenance(
        mentalis_version="0", graph="g", strategy="s", reasoner="knowledge", codebook="basic", seed=0, **unknown
    )
    return Report(
        clip=case.clip, people=[Person(id=p, first_seen_s=0, last_seen_s=9, visible_s=9) for p in people], claims=(),
        narrative="-", caveats=("-",), conventions={}, evidence=case.evidence, provenance=made,
    )  # fmt: skip


def boxes(person="P1", left=10.0, top=20.0, right=30.0, bottom=50.0, times_s=(0.0, 0.5, 1.0)):
    return [
        Signal(name=side, tool="face_boxes", unit="px", person=person, times_s=times_s, values=(value,) * len(times_s))
        for side, value in zip(SIDES, (left, top, right, bottom), strict=True)
    ]


@pytest.mark.parametrize("open_", [OPEN, ("search", "answer"), ("answer",)])
def test_a_decision_keeps_to_what_is_open_and_ends(open_):
    schema = schema_for(open_)
    options = schema["properties"]["action"]
    assert [o["properties"]["do"]["enum"][0] for o in options.get("anyOf", [options])] == list(open_)
    assert longest(schema) < 5_000
    for option in options.get("anyOf", [options]):
        decision = {"action": {**sample(option), **({"person": None} if "person" in option["properties"] else {})}}
        jsonschema.validate(decision, schema)
        assert Decision.model_validate(decision).action.do == option["properties"]["do"]["enum"][0]


def test_only_what_exists_can_be_chosen():
    by_do = {o["properties"]["do"]["enum"][0]: o["properties"] for o in schema_for()["properties"]["action"]["anyOf"]}
    assert by_do["measure"]["tool"]["enum"] == ["blinks", "rppg"]
    assert (by_do["measure"]["start_ms"]["minimum"], by_do["measure"]["end_ms"]["maximum"]) == (0, 10_000)
    assert by_do["zoom"]["frames"]["maximum"] == 3
    assert by_do["zoom"]["person"]["enum"] == ["P1", None]
    ids = by_do["answer"]["sentences"]["items"]["properties"]["evidence"]["items"]["enum"]
    assert ids == ["P1-emotion-1", "face_visible-1", "au12-1", "utterance@2.40"]


@pytest.mark.parametrize("observations", [(), (face(), saw("au12"))])
def test_a_grammar_backend_takes_the_schema(observations):
    llguidance = pytest.importorskip("llguidance")
    for open_ in (OPEN, ("answer",)):
        grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema_for(open_, observations)))
        is_error, messages = llguidance.LLMatcher.validate_grammar_with_warnings(grammar)
        assert not is_error, messages


def test_pictures_are_spread_over_the_stretch_and_show_the_face_where_it_is_found():
    shown = crops(0.0, 2.0, 4, "P1", boxes())
    assert [c.time_s for c in shown] == [0.25, 0.75, 1.25, 1.75]
    assert [c.person for c in shown] == ["P1", "P1", "P1", None], "the face is lost after 1.0 s"
    assert shown[0].box == (2, 8, 38, 62), "two fifths of its size around it"
    assert shown[3].box is None
    assert len(crops(0.0, 0.02, 8, None, [])) < 8, "no picture twice"


def test_another_persons_face_is_not_shown():
    assert face_box("P2", 0.5, boxes()) is None


def test_a_crop_is_cut_out_and_enlarged(make_clip):
    import base64
    import io

    from PIL import Image

    clip = Clip.open(make_clip(size=(64, 48)))  # red in the top left third
    _, picture = picture_parts(clip, (Crop(time_s=0.5, person="P1", box=(-4, -3, 16, 12)),))
    rgb = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["image_url"]["url"].partition(",")[2]))))
    assert rgb.shape == (48, 64, 3), "16 x 12 pixels, four times as large"
    assert rgb.mean(axis=(0, 1)) == pytest.approx((255, 0, 0), abs=40)


@pytest.mark.parametrize(
    ("question", "before", "meant"),
    [
        ("and P2?", "does P1 smile?", "does P2 smile?"),
        ("and P2?", "does anyone smile?", "does anyone smile? and P2?"),
        ("and at 5 s?", "does P1 smile?", "does P1 smile? and at 5 s?"),
        ("and at 5 s?", "does P1 smile at 3 s?", "Does P1 smile? and at 5 s?"),
        ("does P2 nod?", "does P1 smile?", "does P2 nod?"),
        ("and does P2?", "does P1 smile?", "does P2 smile?"),
        ("What can be seen at 5 s?", "does P1 smile?", "What can be seen at 5 s?"),
        ("What happens between 5 and 8 seconds?", "does P1 smile?", "What happens between 5 and 8 seconds?"),
        ("Describe what happens at 5 s", "does P1 smile?", "Describe what happens at 5 s"),
        ("and P2?", "is P1 lying to us?", "and P2?"),
        ("and P2?", "does P7 smile?", "does P2 smile?"),
        ("and P2?", "What does the weather do?", "and P2?"),
        ("and P2?", None, "and P2?"),
    ],
)
def test_a_short_question_leans_on_the_one_before(question, before, meant):
    assert understood(question, before, report_with("P1", "P2")) == meant


def test_the_oldest_questions_are_forgotten_whole():
    def exchange(question, outcome=()):
        return Exchange(
            said=Said(question=question, outcome=outcome, open=("answer",), calls_left=1), decision="x" * 90
        )

    asked = [e for n in range(6) for e in (exchange(f"question {n}"), exchange(None, ("found",)))]
    history = ChatHistory(clip_sha256="0", exchanges=asked)
    assert remembered(history, 4_000) == history
    kept = remembered(history, 1_600).exchanges
    assert kept[0].said.question == "question 4", "a quarter of the room"
    assert len(kept) == 4
