"""The API is shown on a page of ours that needs no script, and no other host."""

from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from unstarted_app import app_in, client_of

from server.api_page import api_page


class Parts(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
async def shown(tmp_path):
    async with client_of(app_in(tmp_path)) as client:
        page = await client.get("/docs")
        described = (await client.get("/openapi.json")).json()
        links = [
            link for _, attributes in Parts(page.text).tags if (link := attributes.get("href") or attributes.get("src"))
        ]
        answers = {link: (await client.get(link)).status_code for link in links}
        gone = (await client.get("/redoc")).status_code
    return SimpleNamespace(page=page, parts=Parts(page.text), described=described, answers=answers, gone=gone)


async def test_each_endpoint_is_there_with_what_it_does_and_its_example(shown):
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in shown.described["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 20
    for name, operation in operations:
        assert f"{name} {operation['description']}" in shown.parts.text
        for parameter in operation.get("parameters", ()):
            assert parameter["name"] in shown.parts.text
    assert '"text": "When does she smile?"' in shown.parts.text
    assert '"finish_reason": "stop"' in shown.parts.text, "what is answered has examples as well"
    assert 'data: {"kind": "tool_started"' in shown.parts.text
    assert "idempotency-key" in shown.parts.text
    assert shown.parts.text.count("Too many requests") == 1, "errors are told once"


async def test_it_runs_nothing_and_asks_no_other_host(shown):
    assert shown.page.headers["content-type"].startswith("text/html")
    assert not {"script", "style", "iframe"} & {tag for tag, _ in shown.parts.tags}
    assert not any(name == "style" or name.startswith("on") for _, given in shown.parts.tags for name in given)
    assert set(shown.answers.values()) == {200}, "each of its links is answered here"
    assert all(link.startswith("/") for link in shown.answers)
    assert "http" not in shown.page.headers["content-security-policy"]
    assert shown.gone == 404, "nor does another page that would"


def test_what_a_description_says_is_text():
    answers = {"200": {"content": {"<b>": {}}}, "400": {"description": "<i>"}}
    operation = {"description": "<script>", "responses": answers}
    html = api_page({"info": {"version": "1"}, "paths": {"/<a>": {"get": operation}}})
    assert not {"b", "script", "i"} & {tag for tag, _ in Parts(html).tags}
