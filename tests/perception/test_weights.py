"""Weights are fetched whole and verified, or not at all; and found wherever they lie."""

import hashlib
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from perception import weights
from perception.weights import Weight, WeightError, download, find_weight, verify

CONTENT = bytes(range(256)) * 2000
TINY = Weight(
    name="tiny",
    file="tiny.bin",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    bytes=len(CONTENT),
    url="http://127.0.0.1:9/nobody-listens",
    licence="none",
    source="made here",
    trained_on="nothing",
    metric="none",
    limits="all",
    used_by=("faces",),
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A data folder of its own, and one known weight."""
    monkeypatch.setenv("MENTALIS_DATA", str(tmp_path))
    monkeypatch.delenv("MENTALIS_MODELS", raising=False)
    monkeypatch.setattr(weights, "catalogue", lambda: (TINY,))
    return tmp_path / "weights"


@pytest.fixture
def server():
    """Serves `content` under any address, from where it is asked to if `resumes`."""

    class Handler(BaseHTTPRequestHandler):
        content, resumes, asked = CONTENT, True, ()

        def do_GET(self):
            wanted = self.headers.get("Range")
            Handler.asked = (*Handler.asked, wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and Handler.resumes else 0
            if start >= len(Handler.content):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = Handler.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    Handler.url = f"http://127.0.0.1:{served.server_port}/tiny.bin"
    yield Handler
    served.shutdown()
    served.server_close()
    thread.join()


def test_a_download_is_whole_and_tells_its_progress(server, folder):
    told = []
    path = download("tiny", lambda done, total: told.append((done, total)), server.url)
    assert path.read_bytes() == CONTENT
    assert find_weight("tiny") == path
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [p.name for p in folder.iterdir()] == ["tiny.bin"]


def test_what_is_here_is_not_fetched_again(server):
    download("tiny", url=server.url)
    download("tiny", url=server.url)
    assert len(server.asked) == 1


def test_a_download_that_broke_off_goes_on_where_it_stopped(server, folder):
    folder.mkdir()
    (folder / "tiny.bin.part").write_bytes(CONTENT[:1000])
    assert download("tiny", url=server.url).read_bytes() == CONTENT
    assert server.asked == ("bytes=1000-",)


def test_a_server_that_can_not_go_on_begins_anew(server, folder):
    server.resumes = False
    folder.mkdir()
    (folder / "tiny.bin.part").write_bytes(b"x" * 1000)
    assert download("tiny", url=server.url).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(server, folder):
    folder.mkdir()
    (folder / "tiny.bin.part").write_bytes(CONTENT + b"x")
    assert download("tiny", url=server.url).read_bytes() == CONTENT


def test_other_content_is_refused_and_deleted(server, folder):
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(WeightError, match="another sha256"):
        download("tiny", url=server.url)
    assert not list(folder.iterdir())


def test_offline_it_says_so_in_one_line_and_that_nothing_depends_on_it():
    with pytest.raises(WeightError, match=r"tiny can't be downloaded.*works without") as refused:
        download("tiny")
    assert "\n" not in str(refused.value)


def test_an_unknown_name_is_told_which_there_are():
    with pytest.raises(WeightError, match="there are: tiny"):
        download("huge")


def test_a_file_that_is_not_what_its_name_says_is_noticed(folder):
    folder.mkdir()
    (folder / "tiny.bin").write_bytes(CONTENT[:-1] + b"x")
    assert [status.state for status in verify()] == ["wrong"]
    assert find_weight("tiny") is None


def test_real_weights_are_known_by_their_content_under_any_name(shared, tmp_path, monkeypatch):
    monkeypatch.undo()
    name = "face_landmarker_v2_with_blendshapes"
    monkeypatch.setenv("MENTALIS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MENTALIS_MODELS", str(tmp_path))
    assert find_weight(name) is None
    shutil.copy(shared / "models" / f"{name}.task", tmp_path / "renamed.bin")
    assert find_weight(name) == tmp_path / "renamed.bin"
