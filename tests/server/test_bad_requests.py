"""What can't be served is refused with a line that says why: nothing breaks, nothing of it is kept."""

import base64
import json
import socket
import time

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from picture_making import png
from server_running import ended, running

MOST_BYTES = 100_000
NOBODY, NO_FILE = "an_" + "0" * 32, "file-" + "0" * 32
JSON = {"Content-Type": "application/json"}
REFERENCES = b"a: &a [x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(ord("a"), ord("j"))
)  # each stands for nine of the one before: a few lines for gigabytes
CLIP = b"\0\0\0\x18ftypmp42" + bytes(100)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("server")
    with running(data, MENTALIS_SERVER_FILE_BYTES=str(MOST_BYTES), MENTALIS_SERVER_REQUESTS_PER_MINUTE="100000") as up:
        yield up


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def failed(client):
    """An analysis that came to nothing, of a file that is a video at its ends only; with an Idempotency-Key."""
    file = client.post("/v1/files", content=CLIP).json()["id"]
    job = client.post("/v1/analyses", json={"file": file}, headers={"Idempotency-Key": "used"}).json()
    return ended(client, job["id"])


def kept(server):
    """What the server keeps in its folders."""
    return set((server.data / "server").glob("*/**/*"))


def assert_refused(answer, status, words):
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"]
    assert words in error["message"], error["message"]
    assert "Traceback" not in answer.text


def analysis(status, words, **asked):
    return "POST", "/v1/analyses", {"json": asked}, status, words


def options(status, words, **asked):
    return analysis(status, words, file="{file}", options=asked)


def clip(status, words, content=CLIP, **params):
    return "POST", "/v1/analyses", {"params": params, "content": content}, status, words


def file(status, words, content=CLIP, **params):
    return "POST", "/v1/files", {"params": params, "content": content}, status, words


def form(status, words, name="file", **data):
    return "POST", "/v1/files", {"files": {name: ("clip.mp4", CLIP)}, "data": data}, status, words


def chat(status, words, *parts, role="user", **more):
    messages = [{"role": role, "content": list(parts)}]
    return "POST", "/v1/chat/completions", {"json": {"model": "mentalis", "messages": messages, **more}}, status, words


def part(kind, **given):
    return {"type": kind, kind: given}


def video(url):
    return part("video_url", url=url)


def picture(url):
    return part("image_url", url=url)


def sound(data):
    return part("input_audio", data=data, format="wav")


def raw(path, content, status, words, **headers):
    return "POST", path, {"content": content, "headers": {**JSON, **headers}}, status, words


def get(path, status, words, **params):
    return "GET", path, {"params": params}, status, words


BOMB = base64.b64encode(png(20_000, 20_000)).decode()
PLAYLIST = base64.b64encode(b"#EXTM3U\nfile:///etc/passwd\n").decode()
BAD = {
    # bodies that are no JSON, or other JSON
    "analysis: no JSON": raw("/v1/analyses", b"{file:", 422, "body"),
    "analysis: empty": raw("/v1/analyses", b"", 422, "body"),
    "analysis: a list": raw("/v1/analyses", b"[]", 422, "body"),
    "analysis: a number": raw("/v1/analyses", b"1", 422, "body"),
    "analysis: no UTF-8": raw("/v1/analyses", b'{"name": "\xff"}', 422, "body"),
    "analysis: half a character": raw("/v1/analyses", rb'{"demo": true, "name": "\ud800"}', 422, "JSON"),
    "analysis: nested without end": raw("/v1/analyses", b"[" * 100_000, 422, "body"),
    "analysis: a long body": raw("/v1/analyses", b" " * 8_000_001, 413, "8 MB"),
    "chat: no JSON": raw("/v1/chat/completions", b"nothing", 422, "body"),
    "chat: empty": raw("/v1/chat/completions", b"", 422, "body"),
    "chat: not as JSON": raw("/v1/chat/completions", b"{}", 415, "Content-Type", **{"Content-Type": "text/plain"}),
    "chat: a long body": raw("/v1/chat/completions", b" " * 1_200_000, 413, "MB"),
    "session: a long body": raw("/v1/session", b" " * 2_000_001, 413, "2 MB"),
    "session: a long body of untold length": raw("/v1/session", (b" " * 100_000 for _ in range(21)), 413, "2 MB"),
    "question: no JSON": raw("/v1/analyses/{id}/chat", b"nothing", 422, "JSON"),
    "correction: nested without end": raw("/v1/analyses/{id}/corrections", b"[" * 100_000, 400, "body"),
    # analyses
    "analysis: of nothing": analysis(400, "name one of: file, url, demo"),
    "analysis: of two things": analysis(400, "name one of", file="{file}", demo=True),
    "analysis: unknown field": analysis(422, "clip", file="{file}", clip=1),
    "analysis: a number for a file": analysis(422, "file", file=1),
    "analysis: unknown file": analysis(404, "no file", file=NO_FILE),
    "analysis: a path for a file": analysis(404, "no file", file="../../etc/passwd"),
    "analysis: NUL in a file's id": analysis(404, "no file", file="file-\0"),
    "analysis: long id": analysis(422, "file", file="f" * 61),
    "analysis: long name": analysis(422, "name", file="{file}", name="n" * 201),
    "analysis: long transcript": analysis(422, "transcript", file="{file}", transcript="t" * 1_000_001),
    "analysis: long purpose": analysis(422, "purpose", file="{file}", purpose="p" * 2001),
    "analysis: unknown priority": analysis(422, "priority", file="{file}", priority="now"),
    "analysis: too soon gone": analysis(422, "expires_after", file="{file}", expires_after=1),
    "analysis: never gone": analysis(422, "expires_after", file="{file}", expires_after=1e300),
    "analysis: a link": analysis(400, "FETCH_HOSTS", url="http://example.org/clip.mp4"),
    "analysis: a link to here": analysis(400, "FETCH_HOSTS", url="http://127.0.0.1:22/"),
    "analysis: a file's link": analysis(400, "FETCH_HOSTS", url="file:///etc/passwd"),
    "analysis: a webhook": analysis(400, "WEBHOOK_HOSTS", file="{file}", webhook="https://example.org/"),
    "analysis: a webhook that is no URL": analysis(400, "WEBHOOK_HOSTS", file="{file}", webhook="\0"),
    "analysis: key of another request": (
        "POST", "/v1/analyses", {"json": {"file": "{file}", "name": "other", "transcript": "words"},
                                 "headers": {"Idempotency-Key": "used"}}, 409, "another request",
    ),
    "analysis: long key": (
        "POST", "/v1/analyses", {"json": {"demo": True}, "headers": {"Idempotency-Key": "k" * 201}}, 422, "idempotency",
    ),
    # options
    "options: unknown": options(422, "speed", speed=1),
    "options: unknown strategy": options(422, "strategy", strategy="guess"),
    "options: a model is needed": options(400, "model", strategy="debate"),
    "options: unknown tool": options(400, "telepathy", tools=["telepathy"]),
    "options: a path for a tool": options(400, "../blinks", tools=["../blinks"]),
    "options: tools as text": options(422, "tools", tools="blinks"),
    "options: unknown codebook": options(400, "no codebook", codebook="mine"),
    "options: a path for a codebook": options(400, "no codebook", codebook="/etc/passwd"),
    "options: no frames": options(422, "frames", frames=0),
    "options: many frames": options(422, "frames", frames=65),
    "options: no samples": options(422, "samples", samples=0),
    "options: many audits": options(422, "audit_pairs", audit_pairs=51),
    "options: many revisions": options(422, "max_revisions", max_revisions=6),
    "options: gestures looked at without a model": options(400, "check gestures", check_gestures=True),
    "options: gestures looked at perhaps": options(422, "check_gestures", check_gestures="perhaps"),
    "options: seed below nought": options(422, "seed", seed=-1),
    "options: half a seed": options(422, "seed", seed=0.5),
    "options: unknown media": options(422, "media", media="smell"),
    # a clip as the body
    "clip: empty": clip(400, "empty", b""),
    "clip: unknown strategy": clip(422, "strategy", strategy="guess"),
    "clip: a model is needed": clip(400, "model", strategy="vote"),
    "clip: unknown tool": clip(400, "telepathy", tools="telepathy"),
    "clip: unknown codebook": clip(400, "no codebook", codebook="mine"),
    "clip: long name": clip(422, "name", name="n" * 201),
    "clip: too long": clip(413, "MB", bytes(MOST_BYTES + 1)),
    "clip: much too long": clip(413, "MB", bytes(MOST_BYTES + 1_000_001)),
    "clip: too long, of untold length": clip(413, "MB", (bytes(1000) for _ in range(102))),
    # files
    "file: empty": file(400, "empty", b""),
    "file: unknown purpose": file(400, "purpose", purpose="fun"),
    "file: too soon gone": file(422, "expires_after", expires_after=1),
    "file: long name": file(422, "name", name="n" * 201),
    "file: too long": file(413, "MB", bytes(MOST_BYTES + 1)),
    "file: much too long, of untold length": file(413, "MB", (bytes(100_000) for _ in range(12))),
    "file: a path that is none": raw("/v1/files", b'{"path": "/nowhere"}', 400, "no file"),
    "file: a folder's path": raw("/v1/files", b'{"path": "/etc"}', 400, "no file"),
    "file: NUL in a path": raw("/v1/files", rb'{"path": "\u0000"}', 400, "no file"),
    "file: a path that is no text": raw("/v1/files", b'{"path": {}}', 422, "path"),
    "file: JSON that is none": raw("/v1/files", b"{", 422, "JSON"),
    "form: other field": form(400, "no file", name="clip"),
    "form: unknown purpose": form(400, "purpose", purpose="fun"),
    "form: half an hour": form(400, "expires_after", **{"expires_after[seconds]": "1800"}),
    "form: no seconds": form(400, "expires_after", **{"expires_after[seconds]": "²"}),
    "form: text for a file": ("POST", "/v1/files", {"data": {"file": "clip"}, "headers": {
        "Content-Type": "multipart/form-data; boundary=x"}, "content": b'--x\r\nContent-Disposition: form-data; '
        b'name="file"\r\n\r\nclip\r\n--x--\r\n'}, 400, "no file"),
    "form: broken off": ("POST", "/v1/files", {"headers": {"Content-Type": "multipart/form-data; boundary=x"},
                                               "content": b"--x\r\nContent-Dis"}, 400, "file"),
    "form: no boundary": ("POST", "/v1/files", {"headers": {"Content-Type": "multipart/form-data"}, "content": CLIP},
                          400, "boundary"),
    "form: many fields": form(400, "fields", **{f"field{n}": "x" for n in range(30)}),
    # what is no video, whatever it is called
    "clip: a text": clip(400, "the content is text", b"Dear diary, " * 9, name="clip.mp4"),
    "clip: a picture": clip(400, "no video", png(2, 2), name="clip.mp4"),
    "file: a playlist": file(400, "the content is text", base64.b64decode(PLAYLIST), name="clip.mp4"),
    "file: cut short": file(400, "cut short", b"\0\0\0\xffftypmp42" + bytes(20)),
    "form: a text": ("POST", "/v1/files", {"files": {"file": ("clip.mp4", b"Dear diary")}}, 400, "the content is text"),
    "chat: a clip that is a text": chat(400, "the content is text", video("data:video/mp4;base64,RGVhciBkaWFyeQ==")),
    # lists and what is in them
    "files: no limit": get("/v1/files", 422, "limit", limit=0),
    "files: a word for a limit": get("/v1/files", 422, "limit", limit="all"),
    "files: unknown cursor": get("/v1/files", 404, "no file", after=NO_FILE),
    "files: long cursor": get("/v1/files", 422, "after", after="a" * 61),
    "files: unknown": get(f"/v1/files/{NO_FILE}", 404, "no file"),
    "files: a path": get("/v1/files/..%2f..%2fetc%2fpasswd", 404, ""),
    "files: content of a path": get("/v1/files/..%2fmedia/content", 404, ""),
    "files: NUL": get("/v1/files/%00", 404, "no file"),
    "files: delete unknown": ("DELETE", f"/v1/files/{NO_FILE}", {}, 404, "no file"),
    "analyses: many at once": get("/v1/analyses", 422, "limit", limit=101),
    "analyses: unknown cursor": get("/v1/analyses", 404, "no analysis", after=NOBODY),
    "analyses: long search": get("/v1/analyses", 422, "search", search="s" * 201),
    "analyses: unknown": get(f"/v1/analyses/{NOBODY}", 404, "no analysis"),
    "analyses: events of an unknown": get(f"/v1/analyses/{NOBODY}/events", 404, "no analysis"),
    "analyses: cancel an unknown": ("POST", f"/v1/analyses/{NOBODY}/cancel", {}, 404, "no analysis"),
    "analyses: delete an unknown": ("DELETE", f"/v1/analyses/{NOBODY}", {}, 404, "no analysis"),
    "analyses: tracks of a path": get("/v1/analyses/..%2f..%2f/tracks", 404, ""),
    "analyses: events behind a word": (
        "GET", "/v1/analyses/{id}/events", {"headers": {"Last-Event-ID": "x" * 21}}, 422, "last"),
    "export: unknown format": get("/v1/analyses/{id}/export", 422, "format", format="doc"),
    "export: of nothing": get("/v1/analyses/{id}/export", 409, "no report"),
    "question: of nothing": ("POST", "/v1/analyses/{id}/chat", {"json": {"question": "Why?"}}, 409, "no report"),
    "question: none": ("POST", "/v1/analyses/{id}/chat", {"json": {"question": ""}}, 422, "question"),
    "question: another history": (
        "POST", "/v1/analyses/{id}/chat", {"json": {"question": "?", "history": [1]}}, 422, "history"),
    "corrections: of nothing": get("/v1/analyses/{id}/corrections", 409, "no report"),
    "correction: unknown verdict": (
        "POST", "/v1/analyses/{id}/corrections", {"json": {"claim": "c", "verdict": "maybe"}}, 422, "verdict"),
    "correction: take back none": ("DELETE", "/v1/analyses/{id}/corrections/c", {}, 404, "no correction"),
    # codebooks
    "codebook: empty": ("POST", "/v1/codebooks", {"content": b""}, 400, ""),
    "codebook: no YAML": ("POST", "/v1/codebooks", {"content": b"a: ["}, 400, "expected the node"),
    "codebook: no UTF-8": ("POST", "/v1/codebooks", {"content": b"\xff"}, 400, "UTF-8"),
    "codebook: code in YAML": (
        "POST", "/v1/codebooks", {"content": b"!!python/object/apply:os.system [ls]"}, 400, "constructor"),
    "codebook: nested without end": ("POST", "/v1/codebooks", {"content": b"[" * 100_000}, 400, "deep"),
    "codebook: NUL": ("POST", "/v1/codebooks", {"content": b"id: \0"}, 400, ""),
    "codebook: many references": ("POST", "/v1/codebooks", {"content": REFERENCES}, 400, "*name"),
    "codebook: long": ("POST", "/v1/codebooks", {"content": b"#" * 200_001}, 413, "200000"),
    "codebook: longer": ("POST", "/v1/codebooks", {"content": b"#" * 2_000_001}, 413, "2 MB"),
    "codebook: unknown": get("/v1/codebooks/mine", 404, "no codebook"),
    "codebook: a path": get("/v1/codebooks/..%2f..%2fetc%2fpasswd", 404, ""),
    "codebook: delete a shipped one": ("DELETE", "/v1/codebooks/basic", {}, 404, "no codebook"),
    # chat
    "chat: no messages": ("POST", "/v1/chat/completions", {"json": {"messages": []}}, 422, "messages"),
    "chat: messages as text": ("POST", "/v1/chat/completions", {"json": {"messages": "hi"}}, 422, "messages"),
    "chat: content is a number": (
        "POST", "/v1/chat/completions", {"json": {"messages": [{"role": "user", "content": 1}]}}, 422, "content"),
    "chat: no clip": chat(400, "no user message has a clip", {"type": "text", "text": "hello"}),
    "chat: not the user": chat(400, "last message", video(NO_FILE), role="assistant"),
    "chat: a long role": chat(422, "role", video(NO_FILE), role="r" * 21),
    "chat: unknown model": chat(404, "there is no model", video(NO_FILE), model="gpt-9"),
    "chat: a model is needed": chat(400, "model", video(NO_FILE), model="mentalis/debate"),
    "chat: unknown file": chat(404, "no file", video(NO_FILE)),
    "chat: unknown analysis": chat(404, "no analysis", video(f"analysis:{NOBODY}")),
    "chat: an analysis that is a path": chat(404, "no analysis", video("analysis:../../etc")),
    "chat: a picture that is none": chat(400, "picture 1: can't be read", picture("data:image/png;base64,AAAA")),
    "chat: sound that is a playlist": chat(400, "sound: can't be read", sound(PLAYLIST)),
    "chat: a picture of no bytes": chat(400, "empty", picture("data:image/png;base64,")),
    "chat: a picture bomb": chat(400, "too many", picture(f"data:image/png;base64,{BOMB}")),
    "chat: too many pictures": chat(400, "64 at most", *[picture(NO_FILE)] * 65),
    "chat: an unknown picture": chat(404, "no file", picture(NO_FILE)),
    "chat: sound that is none": chat(400, "sound: can't be read", sound("AAAA")),
    "chat: sound without data": chat(400, "input_audio has no content", part("input_audio", format="wav")),
    "chat: a clip and a picture": chat(400, "not both", video(NO_FILE), picture(NO_FILE)),
    "chat: two clips": chat(400, "one clip", video(NO_FILE), video(NO_FILE)),
    "chat: no URL": chat(400, "has no content", {"type": "video_url"}),
    "chat: a number for a URL": chat(400, "has no content", part("video_url", url=1)),
    "chat: a part of no type": chat(400, "no user message has a clip", {"text": "x"}),
    "chat: a type that is a list": chat(400, "no user message has a clip", {"type": ["video_url"]}),
    "chat: not base64": chat(400, "base64", video("data:video/mp4;base64,!!!!")),
    "chat: base64 that breaks off": chat(400, "base64", video("data:video/mp4;base64,AAAAA")),
    "chat: base64 in other letters": chat(400, "base64", video("data:video/mp4;base64,ÄÄÄÄ")),
    "chat: data as text": chat(400, "base64", video("data:text/plain,hello")),
    "chat: no data": chat(400, "empty", video("data:video/mp4;base64,")),
    "chat: a long clip": chat(413, "MB", video("data:video/mp4;base64," + "A" * (MOST_BYTES * 4 // 3 + 20))),
    "chat: a link": chat(400, "FETCH_HOSTS", video("https://example.org/clip.mp4")),
    "chat: a path": chat(400, "video_url", video("file:///etc/passwd")),
    "chat: a long question": chat(400, "10000", video(NO_FILE), {"type": "text", "text": "w" * 10_001}),
    "chat: a form that is none": chat(422, "response_format", video(NO_FILE), response_format="json"),
    "chat: an unknown form": chat(422, "response_format", video(NO_FILE), response_format={"type": "yaml"}),
    "chat: a form of one's own": chat(400, "mentalis schema report", video(NO_FILE), response_format={
        "type": "json_schema", "json_schema": {"name": "mood", "strict": True, "schema": {
            "type": "object", "properties": {"mood": {"type": "string"}}, "required": ["mood"]}}}),
    "chat: a form without fields": chat(400, "mentalis schema report", video(NO_FILE), response_format={
        "type": "json_schema", "json_schema": {"name": "mood", "schema": {"type": "object"}}}),
    "chat: two answers": chat(400, "one answer", video(NO_FILE), n=2),
    "chat: no answer": chat(400, "one answer", video(NO_FILE), n=0),
    "chat: a tool must be called": chat(400, "none is ever called", video(NO_FILE), tool_choice="required"),
    "chat: this tool must be called": chat(400, "none is ever called", video(NO_FILE), tool_choice={
        "type": "function", "function": {"name": "mood"}}),
    "chat: this function must be called": chat(400, "none is ever called", video(NO_FILE), function_call={"name": "f"}),
    "chat: probabilities": chat(400, "logprobs", video(NO_FILE), logprobs=True),
    "chat: a voice": chat(400, "text", video(NO_FILE), modalities=["text", "audio"]),
    "chat: half a seed": chat(422, "seed", video(NO_FILE), seed=0.5),
    "chat: one of these tools must be called": chat(400, "none is ever called", video(NO_FILE), tool_choice={
        "type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}),
    "chat: half a character": raw("/v1/chat/completions",
        rb'{"messages": [{"role": "user", "content": "\udc00"}]}', 422, "JSON"),
    # paths, methods, names, other sites
    "no such path": get("/v1/nothing", 404, ""),
    "no such method": ("PUT", "/v1/files", {}, 405, ""),
    "no such part of the page": get("/page/..%2f..%2fapp.py", 404, ""),
    "another name": ("GET", "/v1/files", {"headers": {"Host": "evil.example"}}, 421, "ALLOWED_HOSTS"),
    "another site": ("POST", "/v1/analyses", {"headers": {"Origin": "https://evil.example"}, "json": {"demo": True}},
                     403, "another site"),
    "a session without a key": ("POST", "/v1/session", {"json": {}}, 422, "key"),
    "a session with another's key": ("POST", "/v1/session", {"json": {"key": "mk_guessed"}}, 401, "unknown"),
    "a model that is none": get("/v1/models/gpt-9", 404, "there is no model"),
}  # fmt: skip


def filled(value, failed):
    """With the ids of the analysis that failed, and its file, where they are named."""
    if isinstance(value, dict):
        return {name: filled(part, failed) for name, part in value.items()}
    return {"{file}": failed["file"]}.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused_and_leaves_nothing(server, client, failed, case):
    method, path, given, status, words = BAD[case]
    before = kept(server)
    answer = client.request(method, path.replace("{id}", failed["id"]), **filled(given, failed))
    assert_refused(answer, status, words)
    assert kept(server) == before


def test_nothing_of_all_that_is_in_the_log_or_in_the_lists(server, client, failed):
    for method, path, given, *_ in BAD.values():
        if not hasattr(given.get("content"), "__next__"):  # it was read to its end
            client.request(method, path.replace("{id}", failed["id"]), **filled(given, failed))
    assert "Traceback" not in server.log()
    assert [job["id"] for job in client.get("/v1/analyses").json()["data"]] == [failed["id"]]
    assert [file["id"] for file in client.get("/v1/files").json()["data"]] == [failed["file"]]


@pytest.mark.parametrize("head", ["Content-Length: 5000000000", "Content-Length: -1", "Content-Length: 1e3"])
def test_a_length_that_is_a_lie_costs_nothing(server, client, head):
    request = f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as there:
        there.sendall(request.encode())
        status = int(there.recv(4096).split(b" ")[1])
    assert status in (400, 413)


def test_a_sender_that_goes_away_leaves_nothing(server, client, failed):
    before = kept(server)
    request = b"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\n\r\nhalf a clip"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as there:
        there.sendall(request)
        time.sleep(0.5)
    over_at = time.monotonic() + 10
    while kept(server) != before and time.monotonic() < over_at:
        time.sleep(0.1)
    assert kept(server) == before
    assert "Traceback" not in server.log()


def test_errors_are_what_openais_client_shows(client):
    error = client.post("/v1/chat/completions", content=json.dumps({"messages": []}), headers=JSON).json()["error"]
    assert error["param"] == "messages"
    assert error["type"] == "invalid_request_error"
