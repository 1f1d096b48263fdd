"""Questions about a clip: the model may search, measure and look closer, and its answer cites what exists."""

import base64
import io
import json
from itertools import pairwise

import numpy as np
import pytest
from conftest import shown_index
from measured_once import knowing
from PIL import Image
from scripted_endpoint import schema_of, scripted_endpoint

import mentalis
from agents.chat_history import ChatHistory
from agents.showing.zoom import picture_parts
from graphs.chat import ALONE
from mentalis.chatting import chat
from perception.errors import ClipError

TOOLS = ("faces", "action_units")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return knowing(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def report(demo, data):
    return mentalis.analyze(demo.clip, tools=TOOLS, data=data)


def action(do, **arguments):
    return {"action": {"do": do, **arguments}}


def reply(*sentences, unanswerable=False):
    told = [{"text": text, "evidence": list(ids)} for text, *ids in sentences]
    return action("answer", sentences=told, unanswerable=unanswerable)


ANSWER = reply(("P1 smiles", "au12-1"))


class Script:
    """Says these decisions one after the other, the last for ever; refuses requests that `refuse` tells of."""

    def __init__(self, *decisions, refuse=lambda request: None):
        self.left, self.refuse, self.asked = list(decisions), refuse, []

    def __call__(self, request):
        if schema_of(request) is None:
            return 200, "ok", "stop"
        if problem := self.refuse(request):
            return 400, problem, ""
        self.asked.append(request)
        said = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        return 200, said if isinstance(said, str) else json.dumps(said), "stop"

    def told(self, number):
        """The text of the last message of a request."""
        return "\n".join(part["text"] for part in self.asked[number]["messages"][-1]["content"] if "text" in part)

    def open_to(self, number):
        """The actions that a request's schema allows."""
        options = schema_of(self.asked[number])["properties"]["action"]
        return {option["properties"]["do"]["enum"][0] for option in options.get("anyOf", [options])}


def ask(script, question, about, clip, data, history=None, **options):
    with scripted_endpoint(script, {"tiny": 32_768}) as endpoint:
        given = {"model": "tiny", "base_url": endpoint.url, "retries": 0, "cache": True, "data": data, **options}
        return chat(about, question, history, clip=clip, **given)


def pictures(message):
    urls = [part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in urls]


def test_it_searches_then_answers_with_citations(report, demo, data):
    script = Script(action("search", query="smile"), ANSWER)
    answer = ask(script, "Does anyone smile?", report, demo.clip, data)
    assert '"Does anyone smile?"' in script.told(0)
    assert '"id": "au12-1"' in script.told(1)
    assert answer.text == "P1 smiles [au12-1]."
    assert [c.id for c in answer.citations] == ["au12-1"]
    assert (answer.citations[0].person, answer.method) == ("P1", "model")
    assert [(s.do, s.arguments) for s in answer.steps] == [("search", {"query": "smile"})]
    assert answer.tokens.calls == 2


def test_a_measure_of_the_report_is_told_for_the_stretch_that_is_asked(report, demo, data):
    script = Script(action("measure", tool="action_units", start_ms=9000, end_ms=10500),
                    reply(("It is strong there", "measure1:AU12-P1")))  # fmt: skip
    answer = ask(script, "How strong is the smile at 9 to 10.5 s?", report, demo.clip, data)
    (found,) = answer.citations
    (signal,) = [s for s in report.evidence.signals if (s.name, s.person) == ("AU12", "P1")]
    inside = (signal.times() >= 9) & (signal.times() <= 10.5)
    assert f"mean {np.asarray(signal.values)[inside].mean():.3g} " in found.text
    assert found.text in script.told(1)
    assert (found.start_s, found.end_s) == (9.0, 10.5)
    assert '"id": "au12-1"' in script.told(1), "what the report has keeps its id"


def test_a_tool_that_did_not_run_runs_now_and_only_the_stretch_is_told(report, demo, data):
    script = Script(action("measure", tool="blinks", start_ms=11_000, end_ms=14_000),
                    reply(("P1 blinks near the end", "measure1:blink-3")))  # fmt: skip
    answer = ask(script, "Does P1 blink at the end?", report, demo.clip, data)
    (blink,) = answer.citations
    assert blink.start_s == pytest.approx(12.2, abs=0.15), "as the demo was made"
    assert "measure1:blink-1" not in script.told(1), "it was at 1.5 s"
    assert answer.history.measured == 1


def test_a_zoom_shows_the_pictures_of_the_times_that_are_asked(make_clip, tmp_path):
    clip = make_clip(frames=48, rate=24)
    report = mentalis.analyze(clip, tools=("quality",), data=tmp_path)
    script = Script(action("zoom", start_ms=500, end_ms=1500, person=None, frames=4),
                    reply(("The cells change", "frame@0.62", "frame@0.88")))  # fmt: skip
    answer = ask(script, "What is shown?", report, clip, tmp_path)
    shown = pictures(script.asked[1]["messages"][-1])
    assert [shown_index(p) for p in shown] == [int(t * 24) for t in (0.62, 0.88, 1.12, 1.38)]
    assert "frame@1.12 (at 1120 ms), the whole picture" in script.told(1)
    assert [c.start_s for c in answer.citations] == [0.62, 0.88]


def test_a_zoom_on_a_person_shows_the_face_enlarged(report, demo, data):
    script = Script(action("zoom", start_ms=9000, end_ms=10_000, person="P1", frames=2),
                    reply(("The face is seen", "frame@9.25")))  # fmt: skip
    answer = ask(script, "How does P1 look?", report, demo.clip, data)
    assert "P1's face" in script.told(1)
    assert [c.person for c in answer.citations] == ["P1"]
    left, top, right, bottom = answer.history.exchanges[0].crops[0].box
    assert 0 < right - left < report.clip.width
    for face in pictures(script.asked[1]["messages"][-1]):
        assert face.shape[1] / face.shape[0] == pytest.approx((right - left) / (bottom - top), rel=0.3)
        assert max(face.shape) == 448


def test_at_the_limit_only_an_answer_is_left(report, demo, data):
    class Endless(Script):
        def __call__(self, request):
            schema = schema_of(request)
            if schema and "anyOf" not in schema["properties"]["action"]:
                self.left = [ANSWER]
            return super().__call__(request)

    script = Endless(action("search", query="smile"))
    answer = ask(script, "Does P1 smile?", report, demo.clip, data)
    assert len(script.asked) == 6
    assert [script.open_to(n) for n in (4, 5)] == [{"search", "measure", "zoom", "answer"}, {"answer"}]
    assert len(answer.steps) == 5
    assert answer.text == "P1 smiles [au12-1]."


def test_a_dozen_pictures_and_no_more_are_zoomed_for_a_question(report, demo, data):
    look = action("zoom", start_ms=1000, end_ms=9000, person=None, frames=8)
    script = Script(look, look, ANSWER)
    answer = ask(script, "What is to be seen?", report, demo.clip, data)
    assert [len(e.crops) for e in answer.history.exchanges] == [8, 4, 0]
    assert "zoom" not in script.open_to(2)


def test_what_is_not_borne_out_is_left_out_and_said_so(report, demo, data):
    script = Script(reply(("P1 smiles", "au12-1", "au99-1"), ("P1 is rich",), ("P1 is a liar", "au12-1"),
                          ("P2 smiles broadly", "au12-1")))  # fmt: skip
    answer = ask(script, "What do you see?", report, demo.clip, data)
    assert answer.text == "P1 smiles [au12-1]."
    assert [c.id for c in answer.citations] == ["au12-1"]
    assert any("there is no au99-1" in note for note in answer.notes)
    assert any("cites nothing: P1 is rich" in note for note in answer.notes)
    assert any("not judged" in note for note in answer.notes)
    assert any("there is no P2: P2 smiles broadly" in note for note in answer.notes)
    assert "rich" not in answer.history.model_dump_json(), "later answers must not build on it"


@pytest.mark.parametrize(
    ("question", "kept"), [("Does P1 smile?", False), ("Does P1 smile while nodding?", True)], ids=["ever", "then"]
)
def test_what_the_report_has_is_not_denied_unless_a_moment_was_asked_for(question, kept, report, demo, data):
    answer = ask(Script(reply(("No, P1 does not smile", "face_visible-1"))), question, report, demo.clip, data)
    assert ("does not smile [face_visible-1]" in answer.text) is kept


def test_an_invalid_action_is_asked_for_again(report, demo, data):
    script = Script(action("dance"), ANSWER)
    answer = ask(script, "Does he smile?", report, demo.clip, data)
    assert answer.text == "P1 smiles [au12-1]."
    assert "not accepted" in script.told(1)
    assert answer.steps == ()


def test_every_turn_repeats_the_one_before_byte_for_byte(report, demo, data):
    script = Script(action("zoom", start_ms=9000, end_ms=10_000, person="P1", frames=1),
                    action("search", query="smile"), ANSWER, action("search", query="brows"), ANSWER)  # fmt: skip
    first = ask(script, "Does P1 smile now?", report, demo.clip, data)
    kept = ChatHistory.model_validate_json(first.history.model_dump_json())
    picture_parts.cache_clear()
    second = ask(script, "And the brows?", report, demo.clip, data, kept)
    asked = [request["messages"] for request in script.asked]
    assert len(asked) == 5
    for earlier, later in pairwise(asked):
        assert json.dumps(later[: len(earlier)]) == json.dumps(earlier)
        assert later[len(earlier)]["role"] == "assistant"
    assert [s.arguments["query"] for s in second.steps] == ["brows"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (action("measure", tool="blinks", start_ms=20_000, end_ms=30_000), "no stretch of the clip"),
        (action("measure", tool="telepathy", start_ms=0, end_ms=1000), "no tool is called 'telepathy'"),
        (action("measure", tool="openface_csv", start_ms=0, end_ms=1000), "no tool is called"),
        (action("zoom", start_ms=0, end_ms=1000, person="P7", frames=2), "there is no P7"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model(wrong, why, report, demo, data):
    script = Script(wrong, ANSWER)
    answer = ask(script, "Does P1 do anything?", report, demo.clip, data)
    assert why in script.told(1)
    assert answer.steps[0].outcome.startswith("failed")
    assert answer.text == "P1 smiles [au12-1]."


@pytest.mark.parametrize("at_ms", [0, 9000, "end"])
def test_a_moment_is_looked_at_with_what_is_around_it(at_ms, report, demo, data):
    last_ms = int(report.clip.duration_s * 1000)
    at_ms = last_ms if at_ms == "end" else at_ms
    script = Script(action("measure", tool="action_units", start_ms=at_ms, end_ms=at_ms),
                    action("zoom", start_ms=at_ms, end_ms=at_ms, person=None, frames=2), ANSWER)  # fmt: skip
    answer = ask(script, "What is there at that moment?", report, demo.clip, data)
    assert [s.outcome.startswith("failed") for s in answer.steps] == [False, False]
    around = (max(0, at_ms - 250) / 1000, min(at_ms + 250, last_ms) / 1000)
    means = [s for s in answer.history.found if s.id.startswith("measure1:AU")]
    assert means
    assert all((s.start_s, s.end_s) == pytest.approx(around, abs=2e-3) for s in means)
    pictures_s = [s.start_s for s in answer.history.found if s.id.startswith("frame@")]
    assert pictures_s
    assert all(around[0] <= time_s <= around[1] for time_s in pictures_s)


def test_a_call_that_failed_is_not_tried_again(report, demo, data):
    wrong = action("zoom", start_ms=0, end_ms=1000, person="P7", frames=2)
    script = Script(wrong, action("search", query="smile"), wrong, ANSWER)
    answer = ask(script, "Does anyone but P1 smile?", report, demo.clip, data)
    assert "closed" in script.told(3)
    assert [script.open_to(n) for n in (2, 3)] == [
        {"search", "measure", "zoom", "answer"},
        {"search", "measure", "answer"},
    ]
    assert [s.outcome.startswith("failed") for s in answer.steps] == [True, False, True]
    assert answer.text == "P1 smiles [au12-1]."


def test_a_model_that_keeps_to_a_closed_call_has_only_the_answer_left(report, demo, data):
    wrong = action("measure", tool="blinks", start_ms=5000, end_ms=1000)
    script = Script(wrong, wrong, wrong, ANSWER)
    answer = ask(script, "Does P1 blink much?", report, demo.clip, data)
    assert len(answer.steps) == 3
    assert script.open_to(3) == {"answer"}
    assert answer.text == "P1 smiles [au12-1]."


def test_a_tool_that_fails_is_told_to_the_model(report, demo, data, monkeypatch):
    monkeypatch.setattr("perception.blinks.runs", lambda *_: 1 / 0)
    script = Script(action("measure", tool="blinks", start_ms=0, end_ms=5000), ANSWER)
    ask(script, "Does P1 blink now?", report, demo.clip, data, cache=False)
    assert "blinks: ZeroDivisionError" in script.told(1)


def test_pictures_that_are_refused_are_taken_back(report, demo, data):
    def refuse(request):
        zoomed = [m for m in request["messages"][2:] if m["role"] == "user" and pictures(m)]
        return "At most 0 image(s) may be provided in one prompt." if zoomed else None

    script = Script(action("zoom", start_ms=0, end_ms=4000, person=None, frames=2), ANSWER, refuse=refuse)
    answer = ask(script, "Is it day?", report, demo.clip, data)
    assert "pictures can't be shown" in script.told(1)
    assert script.open_to(1) == {"search", "measure", "answer"}
    assert answer.text == "P1 smiles [au12-1]."
    assert any("no closer look" in note for note in answer.notes)
    assert not answer.history.sees


def test_without_a_clip_a_model_reads_the_report_alone(report, data):
    script = Script(ANSWER)
    assert ask(script, "Does P1 ever smile?", report, None, data).text == "P1 smiles [au12-1]."
    assert script.open_to(0) == {"search", "answer"}
    assert all(part["type"] == "text" for part in script.asked[0]["messages"][1]["content"])


def test_a_model_that_gives_no_answer_is_replaced_by_a_search_that_says_so(report, demo, data):
    answer = ask(Script("no JSON"), "Does anybody smile?", report, demo.clip, data)
    assert answer.method == "bm25"
    assert "[au12-1]" in answer.text
    assert "The model gave no answer" in answer.text
    assert "No language model was asked" not in answer.text
    assert any("no valid answer" in note for note in answer.notes)
    assert answer.history.exchanges == ()


def test_without_a_model_the_report_is_searched_and_says_so(report, data):
    answer = chat(report, "Does P1 smile?", data=data)
    assert (answer.method, [c.id for c in answer.citations]) == ("bm25", ["au12-1"])
    assert "No language model was asked" in answer.text
    later = chat(report, "and at 3 s?", answer.history, data=data)
    assert "no smiles for P1 between 2.5 and 3.5 s" in later.text
    assert later.notes == ("understood as: Does P1 smile? and at 3 s?",)


def test_what_is_not_judged_is_refused_without_asking_the_model(report, demo, data):
    script = Script(ANSWER)
    answer = ask(script, "Are they lying to us?", report, demo.clip, data)
    assert "not judged" in answer.text
    assert not script.asked
    for question in ("What can be seen at 3 s?", "and P1?"):  # a whole one, and one that has nothing to go on from
        assert ask(Script(ANSWER), question, report, demo.clip, data, answer.history).method == "model"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Does P2 smile?", "There is no P2"), ("And the third person?", "There is no P3"),
        ("Does P1 smile at 50 s?", "The clip ends at"), ("At fifty seconds?", "The clip ends at"),
    ],
)  # fmt: skip
def test_of_nobody_and_no_time_in_the_clip_the_model_is_not_asked(question, told, report, demo, data):
    script = Script(ANSWER)
    answer = ask(script, question, report, demo.clip, data)
    assert told in answer.text
    assert not script.asked


@pytest.mark.parametrize(
    "question", ["Does P1 smile at 9 s?", 'Does P1 say "See you at 9:30, P2"?', "And before 50 s?"]
)
def test_of_people_and_times_in_the_clip_the_model_is_asked(question, report, demo, data):
    assert ask(Script(ANSWER), question, report, demo.clip, data).method == "model"


def test_where_nothing_looked_for_people_the_model_may_see_them(report, demo, data):
    runs = tuple(run for run in report.evidence.tools if run.tool != "faces")
    unlooked = report.model_copy(update={"evidence": report.evidence.model_copy(update={"tools": runs})})
    assert ask(Script(ANSWER), "Does P2 smile?", unlooked, demo.clip, data).method == "model"


def test_an_answer_about_the_person_who_was_asked_for_cites_theirs(report, demo, data):
    two = report.model_copy(update={"people": (*report.people, report.people[0].model_copy(update={"id": "P2"}))})
    script = Script(reply(("Yes, a smile can be seen", "au12-1")))
    answer = ask(script, "Does P2 smile?", two, demo.clip, data)
    assert "smile" not in answer.text
    assert any("P2 was asked about, but it cites nothing of P2" in note for note in answer.notes)
    assert "smile can be seen" in ask(script, "Does P1 smile?", two, demo.clip, data).text


@pytest.mark.parametrize("question", ["and P1?", "how long?", "Why?", "and before that?"])
def test_a_question_without_an_answer_is_not_gone_on_from_and_that_is_said(question, report, data):
    answer = chat(report, "Are they lying to us?", data=data)
    later = chat(report, question, answer.history, data=data)
    assert "not judged" not in later.text
    assert later.notes == (ALONE,)


@pytest.mark.parametrize("question", ["How long is the clip?", "What about smiles?", "How many people are there?"])
def test_a_question_that_leaves_nothing_out_is_not_said_to_be_read_by_itself(question, report, data):
    answer = chat(report, "Are they lying to us?", data=data)
    assert chat(report, question, answer.history, data=data).notes == ()


def test_another_clip_than_the_reports_is_refused(report, make_clip, data):
    with pytest.raises(ClipError, match="not the clip of the report"):
        chat(report, "What is this?", clip=make_clip(), data=data)
