"""Every strategy takes the same and gives the same kind of report; they differ in who is asked what."""

import asyncio
import json
import shutil
from collections import Counter

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

import mentalis
from agents.report import Report
from graphs.state import STRATEGIES
from mentalis.settings import SettingsError

SMILE = {
    "text": "The lip corners are pulled up.",
    "start_ms": 8700,
    "end_ms": 10900,
    "confidence_percent": 90,
    "second_label": None,
    "second_percent": 0,
    "evidence": ["au12-1"],
    "abstained": False,
}
STEPS = ("Observe only", "Here are statements", "Now explain", "With your explanation")
LABELS = {"behaviour": "smiling", "cognition": "none_visible", "emotion": "happiness"}


def task_of(request):
    """The last words that the model was told."""
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def honest(request, emotion="happiness"):
    """A model that sees a smile at every level it is asked about."""
    if (schema := schema_of(request)) is None:
        return 200, "ok", "stop"
    fields = schema["properties"]
    drafts = fields.get("claims") or fields.get("emotion")
    if drafts is None:
        return 200, json.dumps(sample(schema)), "stop"
    ids = drafts["items"]["properties"]["evidence"]["items"]["enum"]
    cited = ["au12-1"] if "au12-1" in ids else [id_ for id_ in ids if "frame@" in id_ and 8.7 < float(id_[6:]) < 10.9]

    def about(level, labels):
        label = {**LABELS, "emotion": emotion}[level]
        return [{**SMILE, "evidence": cited, "label": label if label in labels else labels[0]}]

    if "emotion" in fields:
        told = {level: about(level, fields[level]["items"]["properties"]["label"]["enum"]) for level in fields}
    else:
        level = next(level for level in LABELS if f"You judge **{level}**" in task_of(request))
        told = {"claims": about(level, drafts["items"]["properties"]["label"]["enum"])}
    return 200, json.dumps(told), "stop"


def analysed(demo, data, answer=honest, **options):
    with scripted_endpoint(answer, {"tiny": 32_768}) as endpoint:
        given = {"tools": ("action_units", "blinks"), "data": data, "audit_pairs": 0, "samples": 1, **options}
        shutil.rmtree(data / "cache" / "answers", ignore_errors=True)
        report = mentalis.analyze(demo.clip, model="tiny", base_url=endpoint.url, retries=0, **given)
        return report, [r for r in endpoint.asked if schema_of(r)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One data folder for all, so that the clip is measured once."""
    return knowing(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize(
    ("strategy", "calls"),
    [("single", 1), ("single+evidence", 1), ("vote", 5), ("debate", 3), ("cascade", 3), ("cascade+critic", 7)],
)
def test_each_asks_in_its_own_way_and_reports_the_same(strategy, calls, demo, data):
    report, asked = analysed(demo, data, strategy=strategy)
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert report.provenance.strategy == strategy
    assert not report.failures
    assert [c.label for c in report.claims if c.level == "emotion"] == ["happiness"]
    assert len(asked) == calls + 1, "and the narrator"
    prefixes = {json.dumps([r["messages"][0], r["messages"][1]["content"][:-1]]) for r in asked}
    assert len(prefixes) == 1, "all that is shared comes first, byte for byte"


def test_the_parametrization_above_has_every_strategy():
    assert set(STRATEGIES) == {"single", "single+evidence", "vote", "debate", "cascade", "cascade+critic"}


def test_the_single_call_is_shown_no_measurements(demo, data):
    report, asked = analysed(demo, data, strategy="single")
    words = json.dumps(asked[0]["messages"])
    assert "au12-1" not in words
    assert "No measurements are given" in words
    assert all(id_.startswith("frame@") for c in report.claims for id_ in c.evidence)
    assert "au12-1" in json.dumps(analysed(demo, data, strategy="single+evidence")[1][0]["messages"])


def test_a_vote_is_as_sure_as_the_voters_agree(demo, data):
    votes = []

    def divided(request):
        if "emotion" in (schema_of(request) or {"properties": {}})["properties"]:
            votes.append(request["seed"])
        return honest(request, "surprise" if len(votes) > 3 else "happiness")

    report, asked = analysed(demo, data, divided, strategy="vote", concurrency=1)
    (claim,) = [c for c in report.claims if c.level == "emotion"]
    assert (claim.label, claim.confidence, claim.confidence_from) == ("happiness", 0.6, "sample_agreement")
    assert [a.label for a in claim.alternatives] == ["surprise"]
    assert len(set(votes)) == 5, "each voter draws for itself"
    assert [r["temperature"] for r in asked[:2]] == [0, 0.7]


@pytest.mark.parametrize(("strategy", "asks"), [("single", True), ("single+evidence", False)])
def test_pictures_without_a_face_are_judged_where_nothing_measured_is_shown(strategy, asks, shared, data):
    def sees_a_smile(request):
        schema = schema_of(request) or {"properties": {}}
        if "emotion" not in schema["properties"]:
            return honest(request)
        draft = schema["properties"]["emotion"]["items"]["properties"]
        cited = [id_ for id_ in draft["evidence"]["items"]["enum"] if "frame@" in id_][:1]
        at_ms = round(1000 * float(cited[0][6:]))
        claim = {**SMILE, "label": "happiness", "start_ms": at_ms, "end_ms": at_ms + 200, "evidence": cited}
        return 200, json.dumps({**{level: [] for level in schema["properties"]}, "emotion": [claim]}), "stop"

    clip = shared / "clips" / "no_face.mp4"
    with scripted_endpoint(sees_a_smile, {"tiny": 32_768}) as endpoint:
        given = {
            "model": "tiny",
            "base_url": endpoint.url,
            "tools": ("faces",),
            "data": data,
            "audit_pairs": 0,
            "samples": 1,
        }
        report = mentalis.analyze(clip, **given, strategy=strategy)
        asked = [r for r in endpoint.asked if "emotion" in (schema_of(r) or {"properties": {}})["properties"]]
    labels = [(c.person, c.label) for c in report.claims if c.level == "emotion" and not c.abstained]
    assert (labels, len(asked)) == (([(None, "happiness")], 1) if asks else ([], 0))
    assert any("rests on what a model saw in pictures" in line for line in report.caveats) is asks
    assert any("No face was found in this clip" in line for line in report.caveats) is not asks


@pytest.mark.parametrize("strategy", ["cascade+critic", "vote", "debate"])
def test_every_agent_is_told_of_when_it_begins_and_when_it_is_done(strategy, demo, data):
    async def told_by(url):
        given = {"model": "tiny", "base_url": url, "tools": ("action_units", "blinks"), "data": data, "audit_pairs": 1}
        return [event async for event in mentalis.stream(demo.clip, **given, strategy=strategy)]

    with scripted_endpoint(honest, {"tiny": 32_768}) as endpoint:
        told = asyncio.run(told_by(endpoint.url))
    about = {
        kind: Counter((e.agent, e.person) for e in told if e.kind == f"agent_{kind}")
        for kind in ("started", "finished")
    }
    assert about["started"] == about["finished"]
    assert {"self_audit", "narrator"} < {agent for agent, _ in about["started"]}
    open_now = 0
    for event in told:
        open_now += {"agent_started": 1, "agent_finished": -1}.get(event.kind, 0)
        assert open_now >= 0, "told of as done before it began"


def test_verdicts_of_a_vote_are_on_what_stands_or_name_the_draw(demo, data):
    votes = []

    def one_errs(request):
        if "emotion" in (schema_of(request) or {"properties": {}})["properties"]:
            votes.append(request)
        status, words, reason = honest(request)
        return status, words.replace('"happiness"', '"bliss"') if len(votes) == 2 else words, reason

    async def told_by(url):
        given = {"model": "tiny", "base_url": url, "tools": ("action_units", "blinks"), "data": data, "audit_pairs": 0}
        asked_alone = {"strategy": "vote", "concurrency": 1, "cache": False, "retries": 0}
        return [event async for event in mentalis.stream(demo.clip, **given, **asked_alone)]

    with scripted_endpoint(one_errs, {"tiny": 32_768}) as endpoint:
        *told, last = asyncio.run(told_by(endpoint.url))
    report = last.report
    ids = {c.id for c in report.claims}
    own = [v for v in report.verdicts if ":" not in v.claim]
    assert {v.claim for v in own} == ids
    assert all(v.passed for v in own)
    assert {v.claim for v in report.verdicts if not v.passed} == {"draw2:P1-emotion-1"}
    assert [r.reason.partition(" ")[0] for r in report.rejected] == ["draw2:"]
    assert [event.verdict for event in told if event.kind == "check"] == list(report.verdicts)


def test_a_vote_counts_voters_who_were_shown_less(demo, data):
    voters = []

    def blind(request):
        if schema_of(request) and any(p["type"] == "video_url" for p in request["messages"][1]["content"]):
            return 400, "At most 0 video(s) may be provided in one prompt.", ""
        if "emotion" in (schema_of(request) or {"properties": {}})["properties"]:
            voters.append(request)
        return honest(request, "happiness" if len(voters) == 1 else "surprise")

    report, asked = analysed(demo, data, blind, strategy="vote", concurrency=1)
    (claim,) = [c for c in report.claims if c.level == "emotion"]
    assert (claim.label, claim.confidence) == ("surprise", 0.8)
    assert len(asked) == 1 + 5 + 1, "the video is tried once"


def test_what_stood_stays_when_a_level_that_is_asked_again_gets_no_answer(demo, data):
    rounds = []

    def breaks(request):
        task = task_of(request)
        if schema_of(request) and task.startswith("With your"):
            return 200, honest(request)[1].replace("YES", "NO", 1), "stop"
        if schema_of(request) and "You judge **behaviour**" in task:
            rounds.append(request)
            if len(rounds) > 1:
                return 500, "", ""
        return honest(request)

    report, _ = analysed(demo, data, breaks)
    assert len(rounds) == 2
    assert "your claim" in task_of(rounds[1]), "it is told what it said"
    assert [c.level for c in report.claims if not c.abstained] == ["behaviour", "cognition", "emotion"]


def test_debaters_see_each_other_s_claims(demo, data):
    _, asked = analysed(demo, data, strategy="debate")
    proposal, objection, last, _ = map(task_of, asked)
    assert "You are the **proposer**" in proposal
    assert "<opponent>" not in proposal
    assert "You are the **opponent**" in objection
    assert '"label": "happiness"' in objection
    assert '"label": "happiness"' in last


def test_a_claim_that_the_critic_does_not_confirm_is_less_sure_and_says_why(demo, data):
    def doubting(request):
        status, words, reason = honest(request)
        if "final answers" in task_of(request):
            return 200, words.replace("YES", "NO"), reason
        return status, words, reason

    report, asked = analysed(demo, data, doubting, max_revisions=0)
    steps = [step for r in asked for step in STEPS if task_of(r).startswith(step)]
    assert steps == list(STEPS), "take notes, predict, explain, predict again"
    doubted = [v for v in report.verdicts if v.check == "model_critic"]
    assert doubted
    assert all(not v.passed and "changed the first prediction" in v.detail for v in doubted)
    assert all(c.confidence <= 0.5 for c in report.claims)


def test_without_probabilities_further_samples_tell_the_confidence(demo, data):
    drawn = []

    def wavering(request):
        if "claims" in (schema_of(request) or {"properties": {}})["properties"] and "**emotion**" in task_of(request):
            drawn.append(request["seed"])
        return honest(request, "surprise" if len(drawn) == 3 else "happiness")

    report, _ = analysed(demo, data, wavering, strategy="cascade", samples=3, concurrency=1)
    (claim,) = [c for c in report.claims if c.level == "emotion"]
    assert len(drawn) == 3
    assert (round(claim.confidence, 2), claim.confidence_from) == (0.67, "sample_agreement")


def test_the_model_is_audited_on_its_own_report(demo, data):
    def asked_about(request):
        return task_of(request).startswith("Here are statements") and len(request["messages"]) == 2

    report, asked = analysed(demo, data, strategy="cascade", audit_pairs=3)
    audit = report.self_audit
    questions = [r for r in asked if asked_about(r)]
    assert len(questions) == 2 * audit.pairs == 6
    assert (audit.accuracy, audit.pair_accuracy, audit.yes_bias, audit.false_positive_ratio) == (0.5, 0.0, 0.5, 1.0), (
        "a model that says YES to everything gets half of the statements and no pair right"
    )
    assert len({task_of(r) for r in questions}) == 6, "each statement stands alone"


@pytest.mark.parametrize("strategy", ["single", "vote", "debate"])
def test_a_strategy_of_models_needs_one(strategy, demo, tmp_path):
    with pytest.raises(SettingsError, match="needs a model"):
        mentalis.analyze(demo.clip, data=tmp_path, strategy=strategy)
