"""The page in a browser: it draws, it links claims with evidence, it asks nothing of the network and runs no words."""

import shutil

import pytest
from measured_once import knowing

import mentalis
from reports.html import html

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EVIL = "<img src=x onerror=document.title=1>.mp4"  # a file's name is the user's
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def report(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    shutil.copy(demo.clip, folder / EVIL)
    return mentalis.analyze(folder / EVIL, transcript=demo.transcript, data=knowing(folder))


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, report, tmp_path):
    """The report's page, with what went wrong in it and what it asked for."""
    (tmp_path / "report.html").write_text(html(report), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.wrong, opened.asked = [], []
    opened.on("console", lambda said: opened.wrong.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(f"file://{tmp_path / 'report.html'}")
    opened.wait_for_selector("#timeline .scatterlayer")
    yield opened
    opened.close()


def test_it_draws_without_an_error_and_asks_for_nothing(page):
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith("file://")] == []
    titles = page.locator("#timeline .ytitle, #timeline [class$=title]").all_text_contents()
    for title in ("Action units (FACS 0-5)", "Head pose (degrees)", "Pulse wave"):
        assert title in titles


def test_a_claim_lights_up_its_evidence_and_the_other_way_round(page, report):
    claim = next(c for c in report.claims if c.label == "happiness")
    page.locator(f'article[data-id="{claim.id}"]').click()
    lit = page.locator("tr.lit").evaluate_all("rows => rows.map(row => row.dataset.evidence)")
    assert sorted(lit) == sorted(claim.evidence)
    page.locator('tr[data-evidence="nod-1"]').click()
    lit = page.locator("article.lit").evaluate_all("claims => claims.map(claim => claim.dataset.id)")
    assert sorted(lit) == sorted(c.id for c in report.claims if "nod-1" in c.evidence)


def test_a_name_is_shown_and_never_run(page):
    assert page.locator("h1").inner_text() == EVIL
    assert page.title() == f"{EVIL} - Mentalis"


@pytest.mark.parametrize("width", [390, 768])
def test_it_fits_a_narrow_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.reload()
    page.wait_for_selector("#timeline .scatterlayer")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
