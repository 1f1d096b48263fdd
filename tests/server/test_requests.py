"""What is answered of files and analyses that are there, without an analysis that runs."""

import asyncio
import base64
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from as_video import as_video
from unstarted_app import app_in, client_of, keep_report, report

from agents.report import TokenUse
from perception.errors import MentalisError
from reports.writing import write_file
from server.access import LOCAL
from server.analysis_records import Analyses, new_id
from server.errors import ApiError
from server.event_log import EventLog
from server.file_records import Files

CLIP = b"\0\0\0\x18ftypmp42" + bytes(100)


class Served:
    """An application with a file and an analysis of it."""

    def __init__(self, folder, file, **engine):
        self.folder, self.app = folder, app_in(folder, SimpleNamespace(**engine))
        self.database = self.app.state.access.engine
        self.analyses, self.log = Analyses(self.database), EventLog(self.database)
        self.file, self.clip = file.id, folder / "files" / file.id / "media"
        self.name = self.analyses.add(new_id(), None, "asked", owner=LOCAL, file=file.id, name="mine.mp4", options={})[
            0
        ].id


@pytest.fixture
async def serve(tmp_path):
    """Served, with an engine as a test wants it."""

    async def body():
        yield CLIP

    database = app_in(tmp_path).state.access.engine
    file = await Files(database, tmp_path / "files", 1000, 1000).save(body(), LOCAL, "mine.mp4", "vision")
    return lambda **engine: Served(tmp_path, file, **engine)


def data_url(content):
    return f"data:video/mp4;base64,{base64.b64encode(content).decode()}"


def chat(link):
    return {"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": link}}]}]}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/v1/files", {"content": CLIP}),
        ("/v1/analyses", {"content": CLIP}),
        ("/v1/chat/completions", {"json": chat(data_url(CLIP))}),
    ],
)
async def test_nobody_keeps_more_than_they_may_by_whatever_way_it_comes(tmp_path, path, sent):
    async with client_of(app_in(tmp_path, owner_bytes=len(CLIP) + 10)) as client:
        assert (await client.post("/v1/files", content=as_video(b"else"))).status_code == 200
        refused = await client.post(path, **sent)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "quota")
        assert f"more than {len(CLIP) + 10} bytes;" in refused.json()["error"]["message"]
        assert len((await client.get("/v1/files")).json()["data"]) == 1
        assert len(list((tmp_path / "files").iterdir())) == 1, "nothing of it is kept"
        assert (await client.post("/v1/files", content=as_video(b"else"))).status_code == 200, (
            "the same bytes take no room"
        )


@pytest.mark.parametrize(
    ("owner_bytes", "told"), [(600_000, "600 kB"), (20_000_000_000, "20 GB"), (1_500_000, "1.5 MB"), (7, "7 bytes")]
)
async def test_how_much_may_be_kept_is_told_in_words(tmp_path, owner_bytes, told):
    files = Files(app_in(tmp_path).state.access.engine, tmp_path / "files", 1000, owner_bytes)
    with pytest.raises(ApiError, match=f"more than {told};"):
        files._check_room(LOCAL, owner_bytes + 1)


@pytest.mark.parametrize(("given", "told"), [("1", [2]), ("2", []), ("3", [1, 2]), ("9" * 20, [1, 2]), ("x", [1, 2])])
async def test_events_go_on_behind_a_number_that_was_told_and_begin_anew_behind_another(serve, given, told):
    served = serve()
    served.log.append(served.name, {"kind": "check"}, {"kind": "report"})
    ends = told or [3]
    if not told:
        served.log.append(served.name, {"kind": "failed"})
    async with asyncio.timeout(20), client_of(served.app) as client:
        answer = await client.get(f"/v1/analyses/{served.name}/events", headers={"Last-Event-ID": given})
    numbers = [int(line[4:]) for line in answer.text.splitlines() if line.startswith("id: ")]
    assert numbers == ends


async def test_an_analysis_that_failed_has_no_faces_and_tells_no_path(serve):
    async def tracks(clip, places):
        raise MentalisError(f"{clip}: it can't be opened")

    served = serve(tracks=tracks)
    failed = served.analyses.add(new_id(), None, "", owner=LOCAL, file=served.file, name="a", options={})[0].id
    served.analyses.end(failed, "failed", {"kind": "failed"}, "no video")
    keep_report(served.app, served.folder, served.name)
    async with client_of(served.app) as client:
        assert (await client.get(f"/v1/analyses/{failed}/tracks")).json() == {"people": []}
        refused = await client.get(f"/v1/analyses/{served.name}/tracks")
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "mine.mp4: it can't be opened"


async def test_a_question_about_media_that_are_damaged_tells_no_path(serve):
    async def answer(report, clip, question, history, codebook, places):
        raise MentalisError(f"{clip}: cut short; {places.transcript}: too")

    served = serve(answer=answer)
    write_file(served.folder / "analyses" / served.name / "transcript.srt", "words")
    keep_report(served.app, served.folder, served.name)
    async with client_of(served.app) as client:
        refused = await client.post(f"/v1/analyses/{served.name}/chat", json={"question": "Does P1 smile?"})
    told = "mine.mp4: cut short; transcript: too"
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, told)


@pytest.mark.parametrize(("format", "apart"), [("html", True), ("json", False)])
async def test_a_reports_page_is_apart_from_the_server(serve, format, apart):
    served = serve()
    keep_report(served.app, served.folder, served.name)
    async with client_of(served.app) as client:
        answer = await client.get(f"/v1/analyses/{served.name}/export", params={"format": format})
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts") == apart
    assert "allow-same-origin" not in policy


async def test_the_tokens_of_an_analysis_are_told_by_the_request_that_made_it_alone(serve, monkeypatch):
    async def start(jobs, analysis):
        """All that the jobs do, at once."""
        found = report()
        spent = found.provenance.model_copy(update={"tokens": TokenUse(prompt_tokens=70, completion_tokens=7)})
        path = jobs.folder(analysis.id) / "report.json"
        write_file(path, found.model_copy(update={"provenance": spent}).model_dump_json())
        jobs.analyses.end(analysis.id, "done", {"kind": "report"})

    monkeypatch.setattr("server.jobs.Jobs.start", start)
    served = serve()
    served.analyses.delete(served.name)
    async with client_of(served.app) as client:
        first, again = [(await client.post("/v1/chat/completions", json=chat(served.file))).json() for _ in range(2)]
    assert first["mentalis"]["analysis"] == again["mentalis"]["analysis"]
    assert first["usage"] == {"prompt_tokens": 70, "completion_tokens": 7, "total_tokens": 77}
    assert again["usage"]["total_tokens"] == 0
