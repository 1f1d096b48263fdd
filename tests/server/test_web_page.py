"""The page before a real server, from a clip to an export, as a person uses it."""

import json
import os
import shutil
from pathlib import Path

import pytest
from page_browser import CHROMIUM, FLAGS, SIZES, time_of, until, violations

pytest.importorskip("dbos", reason="the server extra is not installed")
from server_running import running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
TO_ANALYSE_MS = 240_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("page"), MENTALIS_TOOLS="faces,blinks,action_units,head_gestures") as up:
        yield up


@pytest.fixture
def page(server):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport=SIZES["wide"])
        opened.wrong = []
        opened.on("console", lambda said: opened.wrong.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
        opened.goto(f"{server.url}/")
        yield opened
        assert opened.wrong == []
        browser.close()


def test_from_a_clip_to_its_claims_their_evidence_a_correction_an_answer_and_an_export(page, demo, tmp_path):
    page.get_by_role("button", name="I have read this").click()
    page.get_by_role("link", name="New analysis").first.click()
    page.set_input_files("input[type=file]", demo.clip)
    page.get_by_role("button", name="Analyse").click()
    page.get_by_text("action units", exact=False).first.wait_for(timeout=120_000)  # progress of the tools
    page.wait_for_selector(".chart .heatmaplayer image", state="attached", timeout=TO_ANALYSE_MS)
    assert violations(page) == []

    claim = page.locator("[data-claim^=P1-emotion]", has_text="happiness").first
    claim.click()
    until(page, "document.querySelector('video').currentTime > 8")
    assert 8.0 < time_of(page) < 9.5  # the demo smiles from 8.5 s
    cited = page.locator(".inspector [data-evidence]").evaluate_all("all => all.map(one => one.dataset.evidence)")
    assert any(one.startswith("au12") for one in cited)
    pictured(page, "page-wide.png")

    page.locator(".review").get_by_role("button", name="Accept").click()
    page.wait_for_selector("[data-claim][data-verdict=accept]")

    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("Your question").fill("Does P1 nod?")
    page.keyboard.press("Enter")
    page.locator(".answer").get_by_role("button", name="nod-1").click()
    until(page, "document.querySelector('video').currentTime < 8")
    assert 6.0 < time_of(page) < 7.5  # the demo nods from 6.6 s

    page.locator("summary", has_text="Export").click()
    with page.expect_download() as saved:
        page.locator(".menu a", has_text="JSON").click()
    report = json.loads(Path(shutil.copy(saved.value.path(), tmp_path / "report.json")).read_text())
    assert {claim["id"] for claim in report["claims"]} >= {"P1-emotion-1"}

    page.set_viewport_size(SIZES["narrow"])
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["narrow"]["width"]
    pictured(page, "page-narrow.png")


def pictured(page, name):
    """Keep a picture where CI looks for artefacts."""
    folder = Path(os.environ.get("ARTEFACTS", "artefacts"))
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / name, full_page=True)
