"""The product behind the server: what a client asks for reaches the model, and a clip is opened once."""

import asyncio
import json

import pytest
from scripted_endpoint import sample, schema_of, scripted_endpoint

pytest.importorskip("fastapi", reason="the server extra is not installed")

from agents.models.chat_model import SEEDS_A_SAMPLE
from mentalis import serving
from mentalis.demo import DemoClip
from mentalis.serving import Product
from mentalis.settings import Settings
from perception.probe import Limits
from server.engine import Options, Places
from server.figures import Figures


def answer(request):
    schema = schema_of(request)
    return 200, json.dumps(sample(schema)) if schema else "ok", "stop"


@pytest.fixture
def product(tmp_path):
    with scripted_endpoint(answer) as endpoint:
        settings = Settings(
            data=tmp_path / "data", model="tiny", base_url=endpoint.url, strategy="single", media="text"
        )
        yield Product(settings, Limits()), endpoint


async def test_the_demos_clip_is_made_once_however_many_ask_for_it(tmp_path, monkeypatch):
    made = []

    def make(folder):
        made.append(folder)
        folder.mkdir(parents=True)
        (folder / "clip.mp4").write_bytes(b"a clip")
        return DemoClip(folder / "clip.mp4", folder / "clip.srt", None)

    monkeypatch.setattr(serving, "make_demo", make)
    asked = serving.demo(Settings(data=tmp_path)).clip

    async def read():
        return b"".join([chunk async for chunk in asked()])

    assert await asyncio.gather(read(), read()) == [b"a clip"] * 2
    assert made == [tmp_path / "demo"]


def places(folder, thread):
    return Places(folder / "cache", folder / thread, str(folder / f"{thread}.sqlite"), thread)


async def test_the_model_draws_by_the_seed_that_a_client_gives(product, shared, tmp_path):
    made, endpoint = product
    for seed in (3, 4):
        asked = len(endpoint.asked)
        options, clip = Options(seed=seed, tools=("faces",)), shared / "clips" / "single_face_2s.mp4"
        events = [e async for e in made.reason(clip, options, None, places(tmp_path, f"s{seed}"))]
        assert events[-1].kind == "report"
        assert {request["seed"] % SEEDS_A_SAMPLE for request in endpoint.asked[asked:] if "seed" in request} == {
            seed
        }, "and retries a hundred further"
    await made.close()


async def test_nobody_is_told_where_a_model_is_that_fails_and_its_calls_are_counted(shared, tmp_path):
    said = "upstream http://127.0.0.1:{port} refused the key sk-proj-0123456789"
    with scripted_endpoint(lambda _: (503, said.format(port=port), ""), served={"tiny": 32_000}) as endpoint:
        port = endpoint.url.removesuffix("/v1").rpartition(":")[2]
        settings = Settings(
            data=tmp_path / "data", model="tiny", base_url=endpoint.url, strategy="single", media="text", retries=0
        )
        made, clip, figures = Product(settings, Limits()), shared / "clips" / "single_face_2s.mp4", Figures()
        where = places(tmp_path, "s")
        events = [e async for e in made.reason(clip, Options(tools=("faces",)), None, where)]
        answer = await made.answer(events[-1].report, clip, "Does P1 smile?", None, None, where)
        trouble = await made.trouble()
        await made.close()
    for event in events:
        figures.tell(event.model_dump(mode="json"))
    told = " ".join((*(event.model_dump_json() for event in events), answer.model_dump_json(), trouble))
    assert told.count("tiny at the model endpoint answered HTTP 503") > 2
    assert trouble == "the model endpoint answers HTTP 503"
    assert not [word for word in ("127.0.0.1", f":{port}", "sk-proj") if word in told]
    failed = figures.registry.get_sample_value("mentalis_model_calls_total", {"cached": "false", "outcome": "failed"})
    assert failed == events[-1].report.provenance.tokens.failed > 0


@pytest.mark.parametrize("wanted", [None, False, True])
async def test_gestures_are_looked_at_where_a_client_wants_it(wanted, product, make_clip, tmp_path, monkeypatch):
    made, _ = product
    told = []

    async def run(setup, checkpoints, **_):
        told.append(setup.check_gestures)
        yield "report"

    monkeypatch.setattr(serving, "run", run)
    options = Options(check_gestures=wanted)
    made.check(options)
    assert [e async for e in made.reason(make_clip("one.mp4"), options, None, places(tmp_path, "g"))] == ["report"]
    assert told == [bool(wanted)]
    await made.close()


async def test_a_clip_is_opened_once_until_it_changes(product, make_clip, tmp_path, monkeypatch):
    made, _ = product
    opened = []
    monkeypatch.setattr(serving, "run_limited", lambda function, *a, **limits: opened.append(a[0]) or function(*a))
    clip = make_clip("one.mp4")
    for _ in range(3):
        await made.tracks(clip, places(tmp_path, "t"))
    assert opened == [clip]
    make_clip("one.mp4", frames=30)
    await made.tracks(clip, places(tmp_path, "t"))
    assert opened == [clip, clip]
    for n in range(serving.MOST_CLIPS):
        await made.tracks(make_clip(f"{n}.mp4"), places(tmp_path, "t"))
    await made.tracks(clip, places(tmp_path, "t"))
    assert opened.count(clip) == 3, "the oldest is let go"
    await made.close()
