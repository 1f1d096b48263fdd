"""Paths of this machine are read while it is open, where they are videos, and never from where clips don't lie."""

import os
from types import SimpleNamespace

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from fastapi import FastAPI

from server import catalogue, files
from server.access import Access
from server.api_keys import made
from server.database import open_database
from server.errors import add_error_handlers
from server.file_records import Files

SET = {"model": "a model"}
CLIP = b"\0\0\0\x14ftypmp42" + bytes(8)


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    yield opened
    opened.dispose()


@pytest.fixture
def own(tmp_path):
    return tmp_path / "server"


@pytest.fixture
async def client(database, own):
    app = FastAPI()
    app.state.access = Access(database, loopback=True, per_minute=100)
    add_error_handlers(app)
    app.include_router(files.routes(Files(database, own / "files", 1000, 10**6), None, own))
    app.include_router(catalogue.routes(SimpleNamespace(settings=lambda: SET), None, "1", True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(CLIP)
    return path


async def named(client, path, **headers):
    return await client.post("/v1/files", json={"path": str(path)}, headers=headers)


async def test_a_video_of_this_machine_is_taken_by_its_path(client, clip):
    answer = await named(client, clip)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["filename"], answer.json()["bytes"]) == ("clip.mp4", len(CLIP))


async def test_no_path_is_read_once_a_key_was_made_or_through_a_proxy(client, clip, database):
    kept = (await named(client, clip)).json()["id"]
    assert (await client.get("/v1/about")).json()["local_paths"]
    forwarded = await named(client, clip, **{"X-Forwarded-For": "203.0.113.9"})
    assert forwarded.status_code == 401
    text, _ = made(database, "bob", ["write"], per_minute=60)
    key = {"Authorization": f"Bearer {text}"}
    assert not (await client.get("/v1/about")).json()["local_paths"]
    answer = await named(client, clip, **key)
    assert answer.status_code == 400
    assert "without keys" in answer.json()["error"]["message"]
    assert (await client.get(f"/v1/files/{kept}", headers=key)).status_code == 404


async def test_what_is_set_is_told_to_who_has_a_key_where_one_is_needed(client, database):
    async def settings(**headers):
        answer = await client.get("/v1/about", headers=headers)
        assert (answer.status_code, answer.json()["version"]) == (200, "1")
        return answer.json()["settings"]

    assert await settings() == SET
    text, _ = made(database, "bob", ["read"], per_minute=60)
    assert await settings() == await settings(Authorization="Bearer mk_other") == {}
    assert await settings(Authorization=f"Bearer {text}") == SET


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/version", "/dev/../proc/self/maps"])
async def test_nothing_of_the_system_is_read(client, path):
    answer = await named(client, path)
    assert (answer.status_code, "no clips are read" in answer.text) == (400, True)


async def test_neither_the_servers_own_files_are_read_nor_links_to_them(client, clip, own, tmp_path):
    kept = own / "files" / (await named(client, clip)).json()["id"] / "media"
    (link := tmp_path / "link.mp4").symlink_to(kept)
    for path in (kept, link, own / ".." / "server" / kept.relative_to(own)):
        answer = await named(client, path)
        assert (answer.status_code, "no clips are read" in answer.text) == (400, True), path


async def test_what_is_no_video_is_not_copied(client, own, tmp_path):
    (secret := tmp_path / "id_ed25519").write_text("a secret")
    answer = await named(client, secret)
    assert answer.status_code == 400
    assert "the content is text" in answer.json()["error"]["message"]
    assert not list(own.glob("files/*"))


async def test_a_path_that_leads_nowhere_is_refused_in_a_line(client, tmp_path):
    os.symlink("loop", tmp_path / "loop")
    for path in ("/nowhere", "~nobody-is-called-so/clip.mp4", "a\0b", tmp_path / "loop", "/" + "x" * 400):
        answer = await named(client, path)
        assert (answer.status_code, "there is no file" in answer.text) == (400, True), path
