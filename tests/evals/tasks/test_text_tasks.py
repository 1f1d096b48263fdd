"""MELD, EmoBench and MUStARD: read as they lie, refused where they do not, and scored through the graphs."""

import json
from types import SimpleNamespace

import pytest
from scripted_endpoint import sample, schema_of, scripted_endpoint
from task_running import outcome_of

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from inspect_ai.log import read_eval_log

from agents.dialogue import RejectedAnswer
from agents.incongruity import Incongruities
from agents.report import TokenUse
from evals import solving
from evals.errors import DatasetError, RunError
from evals.reporting.logs import file_of, read_log
from evals.running import ill, more_than_asked, run
from evals.tasks import emobench, meld, mustard

MELD_HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
MELD_ROWS = (
    '2,"I love it, thank you!",Ann,joy,positive,0,1,1,1,"00:00:02,000","00:00:03,000"\n'
    '1,What is it?,Ben,neutral,neutral,0,0,1,1,"00:00:01,000","00:00:02,000"\n'
    '3,I hate this awful place.,Cem,anger,negative,1,0,1,1,"00:00:01,000","00:00:02,000"\n'
)
EA_ROW = {
    "qid": "1", "language": "en", "category": "Personal-Others", "question type": "Action", "scenario": "Ann is ill.",
    "subject": "Ann", "choices": ["Rest", "Run"], "label": "Rest",
}  # fmt: skip
EU_ROW = {
    "qid": "1", "language": "en", "coarse_category": "complex_emotions", "scenario": "Ann won.", "subject": "Ann",
    "emotion_choices": ["Joy", "Fear"], "emotion_label": "Joy", "cause_choices": ["She won", "She ran"],
    "cause_label": "She won",
}  # fmt: skip
MUSTARD_ROW = {
    "utterance": "Great.", "speaker": "ANN", "context": ["It rains."], "context_speakers": ["BEN"], "show": "S",
    "sarcasm": True,
}  # fmt: skip


def test_meld_is_read_as_dialogues_in_the_order_of_their_utterances(tmp_path):
    (tmp_path / meld.TABLE).write_text(MELD_HEAD + MELD_ROWS, encoding="utf-8")
    first, second = meld.read(tmp_path)
    assert [u.text for u in first.words] == ["What is it?", "I love it, thank you!"]
    assert first.gold == ("neutral", "happiness")
    assert (second.group, second.gold) == ("1", ("anger",))


def test_emobench_has_two_questions_of_understanding_and_one_of_application(tmp_path):
    (tmp_path / "EU.jsonl").write_text(json.dumps(EU_ROW), encoding="utf-8")
    (tmp_path / "EA.jsonl").write_text(json.dumps(EA_ROW), encoding="utf-8")
    (understanding,), (application,) = emobench.read_understanding(tmp_path), emobench.read_application(tmp_path)
    assert understanding.gold == ({"emotion": "Joy", "cause": "She won"},)
    assert list(understanding.given["questions"]) == ["emotion", "cause"]
    assert application.gold == ("Rest",)
    assert application.strata == {"language": "en", "category": "Personal-Others"}


def test_what_the_rules_do_not_guess_is_abstained_from_and_what_a_model_never_answered_is_not(tmp_path):
    (tmp_path / "EU.jsonl").write_text(json.dumps({**EU_ROW, "language": "zh", "scenario": "x"}), encoding="utf-8")
    given = {"data": str(tmp_path / "caches")}
    (guessed,) = run("emobench_eu", tmp_path, [], tmp_path / "logs", **given)
    with scripted_endpoint(lambda request: (200, "perhaps", "stop"), served={"m": 32_000}) as endpoint:
        (asked,) = run("emobench_eu", tmp_path, [], tmp_path / "more", model="m", base_url=endpoint.url, **given)
    told = [outcome_of(read_eval_log(log.location).samples[0])["predictions"][0] for log in (guessed, asked)]
    assert [(one["value"], one["abstained"]) for one in told] == [(None, True), (None, False)]


def test_mustard_has_what_was_said_before_and_the_clip_where_there_is_one(tmp_path):
    (tmp_path / mustard.TABLE).write_text(json.dumps({"1_60": MUSTARD_ROW}), encoding="utf-8")
    (item,) = mustard.read(tmp_path)
    assert [(u.speaker, u.text) for u in item.words] == [("BEN", "It rains."), ("ANN", "Great.")]
    assert (item.gold, item.clip) == ((True,), None)
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "1_60.mp4").touch()
    assert mustard.read(tmp_path)[0].clip is not None


@pytest.mark.parametrize(
    ("read", "name", "content", "says"),
    [
        (meld.read, None, None, r"there is no test_sent_emo\.csv; download it"),
        (meld.read, meld.TABLE, "Utterance,Emotion\nHi,joy\n", r"test_sent_emo\.csv: no column Speaker, Dialogue_ID"),
        (meld.read, meld.TABLE, MELD_HEAD + MELD_ROWS.replace("joy", "glee"), r"line 2, column Emotion: 'glee'"),
        (meld.read, meld.TABLE, MELD_HEAD, r"no row below the header"),
        (emobench.read_application, "EA.jsonl", "{}", r"EA\.jsonl, line 1: no column qid"),
        (emobench.read_application, "EA.jsonl", json.dumps({**EA_ROW, "label": "Sit"}), r"column label: 'Sit'"),
        (emobench.read_understanding, "EU.jsonl", "no json", r"EU\.jsonl, line 1: is no JSON"),
        (mustard.read, mustard.TABLE, "[]", r"sarcasm_data\.json: is no object"),
        (mustard.read, mustard.TABLE, '{"a": {"utterance": "x"}}', r"utterance a: no column speaker"),
        (mustard.read, mustard.TABLE, json.dumps({"a": {**MUSTARD_ROW, "sarcasm": 1}}), r"field sarcasm: 1 is neither"),
    ],
)
def test_a_wrong_layout_is_told_with_file_column_and_mend(read, name, content, says, tmp_path):
    if name is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=says):
        read(tmp_path)


def always_first(request):
    schema = schema_of(request)
    return 200, json.dumps(sample(schema)) if schema else "ok", "stop"


def test_an_utterance_of_which_no_answer_stands_is_withheld(tmp_path):
    (tmp_path / meld.TABLE).write_text(MELD_HEAD + MELD_ROWS, encoding="utf-8")

    def slanders_ann(request):
        told = json.loads(always_first(request)[1]) if schema_of(request) else {}
        for id_, draft in told.items():
            draft |= {
                "abstained": False,
                "evidence": [id_],
                "text": "He is a liar." if id_ == "utterance-2" else "Calm.",
            }
        return 200, json.dumps(told) if told else "ok", "stop"

    with scripted_endpoint(slanders_ann, {"tiny": 32_768}) as endpoint:
        given = {"model": "tiny", "base_url": endpoint.url, "data": str(tmp_path / "kept")}
        (log,) = run("meld", tmp_path, [], tmp_path / "logs", **given, retries=0)
    asked, loved = outcome_of(read_eval_log(log.location).samples[0])["predictions"]
    assert (asked["value"] is not None, asked["withheld"]) == (True, False)
    assert (loved["value"], loved["abstained"], loved["withheld"]) == (None, True, True)


@pytest.mark.parametrize(
    ("utterance", "told"), [("utterance-2", (None, True, True)), ("utterance-1", (False, False, False))]
)
async def test_a_conflict_that_does_not_hold_is_no_word_for_none(utterance, told, monkeypatch):
    refused = RejectedAnswer(utterance=utterance, text="sarcasm: Great.", reason="it cites no sign")
    found = Incongruities.model_construct(
        conflicts=(), not_judged={}, rejected=(refused,), failures=(), tokens=TokenUse()
    )

    async def judged(talk):
        return found

    async def talk_of(item, run):
        return SimpleNamespace(utterances=("It rains.", "Great."))

    monkeypatch.setattr(solving, "incongruities", judged)
    monkeypatch.setattr(solving, "talk_of", talk_of)
    (prediction,) = (await solving.of_sarcasm(None, None)).predictions
    assert (prediction.value, prediction.abstained, prediction.withheld) == told


def test_strategies_are_scored_side_by_side_with_a_model(tmp_path):
    changes = [{"qid": str(n), "scenario": f"Ann is tired at {n}.", "label": ("Rest", "Run")[n == 3]} for n in range(4)]
    rows = [{**EA_ROW, **change} for change in changes]
    (tmp_path / "EA.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with scripted_endpoint(always_first, {"tiny": 32_768}) as endpoint:
        logs = run(
            "emobench_ea", tmp_path, ["single", "vote"], tmp_path / "logs", model="tiny", base_url=endpoint.url,
            data=str(tmp_path / "kept"), retries=0,
        )  # fmt: skip
        asked = [r for r in endpoint.asked if schema_of(r)]
    assert [log.eval.metadata["strategy"] for log in logs] == ["single", "vote"]
    for log in logs:
        scores = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
        assert scores == {"accuracy": 0.75, "n": 4, "coverage": 1.0}
    assert len(asked) == 4 + 4 * 4, "the vote's first draws are the single answers, found in the cache"


def test_what_does_not_belong_together_is_told_before_anything_runs(tmp_path):
    (tmp_path / "EA.jsonl").write_text(json.dumps(EA_ROW), encoding="utf-8")
    given = {"data": str(tmp_path / "kept")}
    run("emobench_ea", tmp_path, ["single"], tmp_path / "logs", **given)
    with pytest.raises(RunError, match=r"logs has a log of media 'auto', not 'text': name another folder"):
        run("emobench_ea", tmp_path, ["single"], tmp_path / "logs", media="text", **given)
    with pytest.raises(RunError, match=r"a log of strategy single, which is not asked for"):
        run("emobench_ea", tmp_path, ["vote"], tmp_path / "logs", **given)
    with pytest.raises(DatasetError, match=r"emotion_hallucer is answered by a model alone: name one"):
        run("emotion_hallucer", tmp_path, [], tmp_path / "logs2", **given)
    with pytest.raises(DatasetError, match=r"'rppg'; do you mean mvrd or pure or ubfc\?"):
        run("rppg", tmp_path, [], tmp_path / "logs2", **given)


@pytest.mark.parametrize(
    ("strategies", "options", "says"),
    [
        (["single"], {"limit": 0}, "--limit 0: give 1 or more samples"),
        (["single"], {"limit": -1}, "--limit -1: give 1 or more samples"),
        (["single"], {"at_once": 0}, "--at-once 0: give 1 or more"),
        (["single", "vote", "single"], {}, "strategy single is named twice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(strategies, options, says, tmp_path):
    with pytest.raises(DatasetError, match=says):
        run("emobench_ea", tmp_path, strategies, tmp_path / "logs", **options)


def test_samples_beyond_the_limit_that_were_scored_before_are_told(tmp_path):
    rows = [{**EA_ROW, "qid": str(n)} for n in range(3)]
    (tmp_path / "EA.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    arguments, given = ("emobench_ea", tmp_path, [], tmp_path / "logs"), {"data": str(tmp_path / "kept")}
    (log,) = run(*arguments, limit=3, **given)
    assert more_than_asked(log, 3) is None
    (log,) = run(*arguments, limit=1, **given)
    assert more_than_asked(log, 1).startswith("3 samples were scored before and all count, not only 1")


def test_what_went_wrong_in_scored_samples_is_told(tmp_path):
    (tmp_path / mustard.TABLE).write_text(json.dumps({"1_60": MUSTARD_ROW}), encoding="utf-8")
    (log,) = run("mustard", tmp_path, ["incongruity"], tmp_path / "logs", data=str(tmp_path / "kept"))
    (line,) = ill([sample.outcome for sample in read_log(file_of(log)).samples])
    assert "the strategy incongruity needs videos/" in line


def test_an_endpoint_that_fails_leaves_samples_unscored_to_be_asked_again(tmp_path):
    (tmp_path / "EA.jsonl").write_text(json.dumps(EA_ROW), encoding="utf-8")
    given = {"model": "tiny", "data": str(tmp_path / "kept"), "retries": 0}
    with (
        scripted_endpoint(lambda request: (500, "", "")) as endpoint,
        pytest.raises(RunError, match=r"^1 of 1 samples failed, the first: (\w+: )?tiny at \S+ answered HTTP 500"),
    ):
        run("emobench_ea", tmp_path, [], tmp_path / "logs", base_url=endpoint.url, **given)
    with scripted_endpoint(always_first, {"tiny": 32_768}) as endpoint:
        (log,) = run("emobench_ea", tmp_path, [], tmp_path / "logs2", base_url=endpoint.url, **given)
    assert log.results.scores[0].metrics["accuracy"].value == 1


def test_meld_is_better_than_its_majority_class_by_rule(shared, tmp_path):
    (log,) = run("meld", shared / "data" / "meld", [], tmp_path / "logs", data=str(tmp_path / "kept"), limit=60)
    told = [sample.scores["meld"].metadata for sample in read_eval_log(log.location).samples]
    gold = [label for t in told for label in t["gold"]]
    share = max(map(gold.count, set(gold))) / len(gold)
    assert log.results.scores[0].metrics["weighted_f1"].value > share * 2 * share / (1 + share)
