"""What people may say of a claim: what its codebook has a word for."""

from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from sqlalchemy import select
from unstarted_app import app_in, client_of, keep_report

from server.access import LOCAL
from server.analysis_records import Analyses, new_id
from server.database import CORRECTIONS, open_database

EMOTIONS = ["happiness", "sadness", "surprise", "fear", "anger", "disgust", "contempt", "neutral"]


@pytest.fixture
def usual():
    """The server's settings."""
    return {"codebook": "basic"}


@pytest.fixture
async def corrections(tmp_path, usual):
    """Asks for corrections of an analysis that is done, and was made with the usual codebook."""
    app = app_in(tmp_path, SimpleNamespace(settings=lambda: usual))
    database = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    analysis, _ = Analyses(database).add(new_id(), None, "", owner=LOCAL, file="file-1", name="a clip", options={})
    keep_report(app, tmp_path, analysis.id)

    async with client_of(app) as client:

        async def corrections(status=200, **correction):
            path = f"/v1/analyses/{analysis.id}/corrections"
            answer = await (client.post(path, json=correction) if correction else client.get(path))
            assert answer.status_code == status, answer.text
            return answer.json() if status == 200 else answer.json()["error"]["message"]

        corrections.analyses = Analyses(database)
        yield corrections
    database.dispose()


async def test_the_labels_of_the_codebook_are_told_for_each_level(corrections):
    labels = (await corrections())["labels"]
    assert [label["id"] for label in labels["emotion"]] == EMOTIONS
    assert {"id": "nodding", "name": "Nodding"} in labels["behaviour"]


@pytest.mark.parametrize("label", ["zzz no label of any codebook", "nodding"])
async def test_a_label_that_the_level_does_not_have_is_refused_with_those_that_it_has(corrections, label):
    why = await corrections(400, claim="P1-emotion-1", verdict="relabel", label=label)
    assert why == f"no emotion is called {label!r}; there are: {', '.join(EMOTIONS)}"
    assert (await corrections())["data"] == []


async def test_the_claims_own_label_is_no_other_one(corrections):
    why = await corrections(400, claim="P1-emotion-1", verdict="relabel", label="surprise")
    assert why == "'surprise' is the claim's label: accept it"


async def test_a_label_of_the_level_is_taken_and_counted_for_it(corrections):
    told = await corrections(claim="P1-emotion-1", verdict="relabel", label="fear")
    assert told["by_level"]["emotion"] == {"n": 1, "agreement": 0.0, "kappa": 0.0}
    assert told["by_level"]["behaviour"] == {"n": 0, "agreement": None, "kappa": None}
    assert "kappa" not in told


async def test_without_the_codebook_of_the_report_a_claim_can_be_judged_but_not_relabelled(corrections, monkeypatch):
    monkeypatch.setattr("server.corrections.load_codebook", lambda _: SimpleNamespace(sha256="of another one"))
    assert (await corrections())["labels"] == {"behaviour": [], "cognition": [], "emotion": []}
    why = await corrections(409, claim="P1-emotion-1", verdict="relabel", label="fear")
    assert "'basic' of this report was changed or is gone: accept or reject" in why
    assert (await corrections(claim="P1-emotion-1", verdict="accept"))["n"] == 1


async def test_an_analysis_that_is_deleted_meanwhile_gets_no_correction(corrections, monkeypatch):
    deleted = []

    def check(correction, *_):
        for row in corrections.analyses.of_file("file-1"):
            corrections.analyses.delete(row.id)
            deleted.append(row.id)

    monkeypatch.setattr("server.corrections.check", check)
    await corrections(404, claim="P1-emotion-1", verdict="accept")
    with corrections.analyses._engine.connect() as connection:
        assert deleted
        assert not connection.execute(select(CORRECTIONS)).all()
