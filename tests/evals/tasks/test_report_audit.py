"""Reports are audited without labels, made from clips or finished."""

import math

import pytest
from benchmark_running import always, scores_of
from scripted_endpoint import scripted_endpoint
from task_running import outcome_of

from evals.errors import DatasetError
from evals.tasks.report_audit import AUDIT, report_audit
from mentalis.testing.synthetic_clip import Script, render


@pytest.fixture
def made(tmp_path):
    """The log and the scores of reports on one clip, by a model that claims fear on whatever comes first."""
    (tmp_path / "clips").mkdir()
    render(Script(seconds=1.0, fps=10, size=240), tmp_path / "clips" / "a.mp4")
    with scripted_endpoint(always("fear")) as endpoint:
        task = report_audit(
            str(tmp_path / "clips"), model="m", base_url=endpoint.url, strategy="cascade", tools="faces",
            data=str(tmp_path / "data"),
        )  # fmt: skip
        return scores_of(task, tmp_path)


def test_a_claim_on_nothing_that_speaks_for_it_is_unsupported(made, tmp_path):
    log, scores = made
    assert (scores["evidence_exists"], scores["evidence_in_time"], scores["evidence_by_rule"]) == (1, 1, 0)
    assert scores["unsupported_rate"] == 1
    assert scores["coverage"] == 1
    report = outcome_of(log.samples[0])["report"]
    (tmp_path / "finished" / "a").mkdir(parents=True)
    (tmp_path / "finished" / "a" / "report.json").write_text(report)
    again, same = scores_of(report_audit(str(tmp_path / "finished"), data=str(tmp_path / "data")), tmp_path)
    assert [sample.id for sample in again.samples] == ["a"]
    defined = {name for name, value in scores.items() if not math.isnan(value)}
    assert {name: same[name] for name in defined} == {name: scores[name] for name in defined}


def test_what_is_wrong_is_told_with_its_place(tmp_path):
    with pytest.raises(DatasetError, match=r"there is neither a report\.json nor a clip in it"):
        AUDIT.read(tmp_path)
    (tmp_path / "report.json").write_text('{"schema_version": "1"}')
    with pytest.raises(DatasetError, match=r"report\.json, clip: Field required; give a report"):
        AUDIT.read(tmp_path)
