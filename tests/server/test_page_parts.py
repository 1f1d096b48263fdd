"""The server's page in a browser, against a server that answers from one real report."""

import threading
import time

import pytest
from conftest import write_clip
from page_browser import CHROMIUM, FLAGS, SIZES, time_of, until, violations

uvicorn = pytest.importorskip("uvicorn", reason="the server extra is not installed")
pytest.importorskip("fastapi", reason="the server extra is not installed")

EVIL = "<img src=x onerror=document.title=1>.mp4"
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=140, rate=10, size=(480, 480))


@pytest.fixture
def fake(clip):
    from page_server import Fake, demo_report, moving_face

    report = demo_report()
    return Fake(clip, report, moving_face(report))


@pytest.fixture
def url(fake):
    from page_server import create

    server = uvicorn.Server(uvicorn.Config(create(fake), port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = server.force_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser, url):
    """A page that has seen the notice; whatever goes wrong in it fails the test."""
    from page_server import NOTICE

    opened = []

    def make(address="", size="wide", scheme="light", seen=True, allowed=()):
        context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
        if seen:
            context.add_init_script(f"localStorage.setItem('mentalis.notice', {NOTICE!r})")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.wrong, page.asked, page.allowed = [], [], allowed
        page.on("console", lambda said: page.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url + address)
        opened.append((context, page))
        return page

    yield make
    for context, page in opened:
        asked, wrong = page.asked, [text for text in page.wrong if not any(part in text for part in page.allowed)]
        context.close()
        assert wrong == []
        assert [address for address in asked if not address.startswith((url, "blob:", "data:"))] == []


@pytest.fixture
def analysis(fake, new_page):
    """The page of an analysis that is done."""
    one = fake.add("demo.mp4")
    return open_analysis(new_page, one)


def open_analysis(new_page, one, **look):
    page = new_page(f"#/analyses/{one['id']}", **look)
    page.wait_for_selector(".chart .heatmaplayer image", state="attached")
    return page


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_view_fits_and_is_accessible(fake, new_page, size, scheme):
    one, other = (
        fake.add("demo.mp4"),
        fake.add("a-name-as-long-as-people-give-them-to-their-recordings-of-2026-11-26.mp4"),
    )
    failed = fake.add("broken.avi", "failed", error="it can't be decoded")
    page = open_analysis(new_page, one, size=size, scheme=scheme)
    page.locator('[data-claim="P1-emotion-2"]').click()
    for name in ("Evidence (", "Tools, and", "How it was made", "Conventions"):
        page.locator("summary", has_text=name).click()
    for address in (None, "", "#/new", f"#/compare/{one['id']}/{other['id']}", f"#/analyses/{failed['id']}"):
        if address is not None:
            page.evaluate("address => { location.hash = address }", address)
            page.wait_for_selector(".view h1")
            page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], address
        assert violations(page) == [], address


def test_a_claim_seeks_the_clip_lights_its_evidence_and_tells_what_the_critic_said(analysis):
    analysis.locator('[data-claim="P1-emotion-2"]').click()
    assert time_of(analysis) == pytest.approx(6.7, abs=0.01)
    side = analysis.locator(".inspector")
    assert side.locator("h3").inner_text() == "suggests surprise"
    assert side.locator("[data-evidence]").evaluate_all("all => all.map(one => one.dataset.evidence)") == [
        "au2-2",
        "au5-2",
        "au5-3",
        "au2-3",
    ]
    assert "contradicted: not passed – a nod explains it" in side.inner_text()
    frames = analysis.evaluate(
        "document.querySelector('.chart').layout.shapes.filter(one => one.line.width).map(one => [one.x0, one.x1])"
    )
    assert sorted(frames) == [[6.7, 6.9], [6.7, 6.9], [6.7, 7.5], [7.2333, 7.5], [7.2667, 7.5]]


def test_evidence_names_the_claims_that_rest_on_it(analysis):
    analysis.locator("summary", has_text="Evidence (").click()
    analysis.locator("[data-row=nod-1] button").click()
    assert analysis.locator("tr.lit").evaluate_all("rows => rows.map(row => row.dataset.row)") == ["nod-1"]
    assert analysis.locator(".claim.lit").evaluate_all("all => all.map(one => one.dataset.claim)") == [
        "P1-behaviour-5",
        "P1-cognition-2",
    ]
    analysis.locator(".inspector button", has_text="Cognition: agreeing").click()
    assert analysis.locator(".inspector h3").inner_text() == "suggests agreeing"


def test_claims_are_reached_and_chosen_by_keyboard(analysis):
    analysis.locator('[data-claim="P1-behaviour-1"]').focus()
    analysis.keyboard.press("Tab")
    analysis.keyboard.press("Enter")
    assert analysis.locator("[aria-pressed=true][data-claim]").get_attribute("data-claim") == "P1-behaviour-2"
    assert analysis.evaluate("document.activeElement.className") == "inspector"
    assert analysis.evaluate("document.querySelector('video').getBoundingClientRect().bottom") > 80
    analysis.keyboard.press("Escape")
    assert analysis.evaluate("document.activeElement.dataset.claim") == "P1-behaviour-2"
    analysis.locator("main").focus()
    analysis.keyboard.press("End")
    assert time_of(analysis) == pytest.approx(14.0, abs=0.1)
    analysis.keyboard.press("Home")
    analysis.keyboard.press("ArrowRight")
    analysis.keyboard.press("ArrowRight")
    assert time_of(analysis) == pytest.approx(2.0, abs=0.01)
    analysis.keyboard.press("k")
    until(analysis, "!document.querySelector('video').paused && document.querySelector('video').currentTime > 2.2")


def test_the_playhead_follows_the_clip_and_a_click_on_the_axis_seeks(analysis):
    board = analysis.locator(".board")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    margin = analysis.evaluate("document.querySelector('.chart').layout.margin")
    middle = margin["l"] + (box["width"] - margin["l"] - margin["r"]) / 2
    analysis.mouse.click(box["x"] + middle, box["y"] + box["height"] - 20)  # on the curves of the head
    assert time_of(analysis) == pytest.approx(7.0, abs=0.05)
    head = analysis.locator(".playhead").bounding_box()
    assert head["x"] + 1 - box["x"] == pytest.approx(middle, abs=2)


def test_a_click_on_a_bar_chooses_its_claim(analysis):
    place = analysis.locator(".board")
    place.scroll_into_view_if_needed()
    bar = analysis.locator(".chart .barlayer .point", has_text="nodding").bounding_box()
    analysis.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    assert analysis.locator(".inspector h3").inner_text() == "suggests nodding"


def test_all_rows_share_one_axis(analysis):
    titles = analysis.locator(".chart .annotation-text").all_text_contents()
    assert titles == [
        "Claims",
        "Words",
        "Gestures and events",
        "Action units, intensity 0–5",
        "Heart rate, beats/min",
        "Head and gaze, degrees",
    ]
    assert analysis.evaluate("document.querySelector('.chart').data.every(one => (one.xaxis ?? 'x') === 'x')")


@pytest.mark.parametrize("size", SIZES)
def test_labels_are_whole_or_shortened_and_never_cut(fake, new_page, size):
    observations = fake.report["evidence"]["observations"]
    nod = next(one for one in observations if one["kind"] == "nod")
    for kind in ("shoulder_signature", "micro_expression", "touching_or_covering_suprasternal_notch"):
        observations.append({**nod, "id": f"{kind}-1", "kind": kind})
    page = open_analysis(new_page, fake.add("demo.mp4"), size=size)
    labels = page.locator(".chart [class*=tick] text:not(.xtick text)")
    edge = page.locator(".board").bounding_box()["x"]
    assert all(label.bounding_box()["x"] >= edge for label in labels.all())
    texts = labels.all_text_contents()
    assert {"shoulder signature", "micro expression", "behaviour"} <= set(texts)
    assert any(text.startswith("touching or cov") and text.endswith("…") for text in texts)


def test_a_level_is_marked_beside_all_of_its_rows(analysis):
    marks = analysis.evaluate(
        "document.querySelector('.chart').layout.shapes.filter(one => one.name?.startsWith('level'))"
        ".map(one => [one.name, one.y1 - one.y0])"
    )
    heights = dict(marks)
    assert list(heights) == ["level behaviour", "level cognition", "level emotion"]
    assert heights["level behaviour"] > 2.8 * heights["level emotion"]  # three rows, one row
    frames = analysis.locator(".chart .shapelayer path").count()
    analysis.locator('[data-claim="P1-emotion-3"]').click()
    assert analysis.locator(".chart .shapelayer path").count() > frames


def test_the_playhead_runs_through_no_title(analysis):
    analysis.locator(".board").scroll_into_view_if_needed()
    title = analysis.locator(".chart .annotation-text", has_text="Action units")
    head = analysis.locator(".playhead")
    assert (
        title.bounding_box()["x"] < head.bounding_box()["x"] < title.bounding_box()["x"] + title.bounding_box()["width"]
    )
    box = analysis.locator(".chart .annotation", has_text="Action units").bounding_box()
    seen = analysis.screenshot(clip=box)
    head.evaluate("head => { head.style.visibility = 'hidden'; }")
    assert analysis.screenshot(clip=box) == seen
    head.evaluate("head => { head.style.visibility = ''; head.style.maskImage = 'none'; }")
    assert analysis.screenshot(clip=box) != seen, "it would be seen there"


def test_zooming_keeps_the_playhead_in_view(analysis):
    analysis.locator('[data-claim="P1-emotion-3"]').click()
    analysis.get_by_role("button", name="Zoom in").click()
    analysis.get_by_role("button", name="Zoom in").click()
    first, last = analysis.evaluate("document.querySelector('.chart').layout.xaxis.range")
    assert last - first == pytest.approx(3.5)
    assert first < 8.67 < last
    analysis.get_by_role("button", name="Whole clip").click()
    assert analysis.evaluate("document.querySelector('.chart').layout.xaxis.range") == [0, 14]


def test_a_claim_is_accepted_rejected_relabelled_and_taken_back(fake, analysis):
    claim = analysis.locator('[data-claim="P1-emotion-3"]')
    claim.click()
    review = analysis.locator(".review")
    review.get_by_role("button", name="Accept").click()
    analysis.wait_for_selector('[data-claim="P1-emotion-3"][data-verdict=accept]')
    assert "1 of 11 claims reviewed, 100 % with the report's label" in analysis.locator(".claims").inner_text()
    analysis.locator('[data-claim="P1-emotion-1"]').click()
    review.get_by_label("Note, saved with your verdict").fill("brows stress a word")
    review.get_by_label("The right label").select_option("neutral")
    review.get_by_role("button", name="Relabel").click()
    analysis.wait_for_selector('[data-claim="P1-emotion-1"][data-verdict=relabel]')
    assert fake.corrections[-1] == {
        "claim": "P1-emotion-1",
        "verdict": "relabel",
        "label": "neutral",
        "note": "brows stress a word",
    }
    analysis.locator('[data-claim="P1-behaviour-1"]').click()
    review.get_by_role("button", name="Accept").click()
    analysis.wait_for_selector('[data-claim="P1-behaviour-1"][data-verdict=accept]')
    agreed = "behaviour 100 % of 1, Cohen's kappa not defined yet; emotion 50 % of 2, Cohen's kappa 0.33."
    assert agreed in analysis.locator(".claims").inner_text()
    analysis.locator('[data-claim="P1-emotion-1"]').click()
    review.get_by_role("button", name="Take back").click()
    analysis.wait_for_selector('[data-claim="P1-emotion-1"][data-verdict=""]')
    assert [one["claim"] for one in fake.corrections] == ["P1-emotion-3", "P1-behaviour-1"]


def test_rejected_claims_are_shown_when_asked_for(analysis):
    fell = analysis.get_by_text("Rejected: evidence_of_person: au4-9 is not there")
    assert not fell.is_visible()
    analysis.get_by_label("Show rejected claims (1)").check()
    assert fell.is_visible()
    assert "anger, 4.0" in analysis.get_by_role("listitem").filter(has=fell).inner_text().lower()


def test_of_several_people_one_can_be_chosen(fake, new_page):
    second = [{**one, "id": f"P2{one['id'][2:]}", "person": "P2"} for one in fake.report["claims"]]
    fake.report["claims"] += second
    fake.report["people"].append({**fake.report["people"][0], "id": "P2"})
    page = open_analysis(new_page, fake.add("two.mp4"))
    bars = page.locator(".chart .barlayer .point", has_text="attending")
    assert bars.count() == 2
    page.get_by_label("Person").select_option("P1")
    bars.nth(1).wait_for(state="detached")
    assert bars.count() == 1


def test_an_answer_cites_what_it_rests_on(analysis):
    analysis.get_by_role("tab", name="Ask").click()
    analysis.get_by_label("Your question").fill("When does P1 smile?")
    analysis.keyboard.press("Enter")
    cite = analysis.get_by_role("button", name="au12-1")
    cite.click()
    assert time_of(analysis) == pytest.approx(8.667, abs=0.01)
    assert "[not-an-id] <b>stays text</b>." in analysis.locator(".answer").inner_text()
    analysis.get_by_label("Your question").fill("And then?")
    analysis.keyboard.press("Enter")
    analysis.get_by_text("Answer 2:").wait_for()
    assert analysis.locator("[role=tab][aria-selected=true]").inner_text() == "Ask"


def test_every_format_is_offered(analysis):
    analysis.locator("summary", has_text="Export").click()
    links = analysis.locator(".menu a").evaluate_all("links => links.map(link => new URL(link.href).search)")
    assert links == [f"?format={name}" for name in ("json", "csv", "openface", "elan", "srt", "vtt", "html", "parquet")]
    with analysis.expect_download() as saved:
        analysis.locator(".menu a", has_text="ELAN").click()
    assert saved.value.suggested_filename == "report.elan"


def test_a_name_is_shown_and_never_run(fake, new_page):
    one = fake.add(EVIL)
    fake.report["claims"][0]["text"] = fake.report["clip"]["transcript"][0]["text"] = (
        f"{EVIL} <a href='https://x.org'>x</a>"
    )
    page = open_analysis(new_page, one)
    assert page.locator("h1").inner_text() == EVIL
    assert page.title() == f"{EVIL} - Mentalis"
    assert page.locator(".chart a").count() == 0


def test_without_media_what_was_measured_plays(fake, new_page):
    page = open_analysis(new_page, fake.add("gone.mp4", has_media=False))
    assert page.locator("video").count() == 0
    page.get_by_role("button", name="Play").click()
    until(page, "Number(document.querySelector('.controls input').value) > 0.3")
    page.get_by_role("button", name="Pause").click()


def test_the_overlay_is_drawn_and_can_be_hidden(analysis):
    analysis.allowed = ("getImageData",)  # that reading it is slow
    drawn = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value)"
    )
    assert analysis.locator("canvas.overlay").evaluate(drawn)
    analysis.get_by_label("Boxes").uncheck()
    analysis.get_by_label("Landmarks").uncheck()
    assert not analysis.locator("canvas.overlay").evaluate(drawn)
    assert analysis.get_by_label("Skin regions").count() == 0  # the server tells of none


def test_progress_is_followed_through_a_lost_connection_to_the_report(fake, new_page):
    fake.breaks_off = fake.holds = True
    one = fake.add("demo.mp4", "queued", created_at=time.time())
    page = new_page(f"#/analyses/{one['id']}")
    page.get_by_role("heading", name="Measuring").wait_for()
    page.locator(".steps li.running", has_text="narrator").wait_for()
    assert page.locator(".steps li.done", has_text="behaviour · P1").count() == 1
    assert page.locator(".steps li.running progress").count() == 1  # of the narrator alone
    assert page.locator(".steps li.done", has_text="faces").inner_text().split("\n")[-1] == "known already"
    assert page.locator(".steps li.abstained", has_text="rppg").is_visible()
    fake.holds = False
    page.wait_for_selector(".chart .heatmaplayer image", state="attached")
    assert fake.connections[:2] == ["", "12"]


def test_an_analysis_is_cancelled(fake, new_page):
    fake.step_s = 0.2
    one = fake.add("demo.mp4", "queued", created_at=time.time())
    page = new_page(f"#/analyses/{one['id']}")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled. There is no report.").wait_for()


def test_a_file_is_sent_with_its_options(fake, new_page, clip):
    page = new_page("#/new")
    page.get_by_label("Keep measurements only").wait_for()
    assert page.get_by_label("Show the model each gesture").count() == 0, "there is no model"
    fake.model = "some/model"
    page = new_page("#/new")
    page.locator("#picker").set_input_files(clip)
    assert "clip.mp4 (0." in page.locator(".chosen").inner_text()
    page.get_by_label("Strategy").select_option("single")
    page.get_by_label("Codebook").select_option("mer6")
    page.get_by_label("Consent").fill("both agreed in writing")
    page.get_by_label("Show the model each gesture").check()
    page.get_by_label("Keep measurements only").check()
    page.get_by_role("button", name="Analyse").click()
    page.get_by_role("heading", name="Measuring").wait_for()
    assert fake.wanted == [
        {
            "file": "file-sent",
            "options": {"strategy": "single", "codebook": "mer6", "check_gestures": True},
            "derived_only": True,
            "consent": "both agreed in writing",
        }
    ]


DROPPED = """place => ["dragenter", "dragover", "drop"].map(kind => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(2e6)], "dropped.mp4"));
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    return document.querySelector(place).dispatchEvent(event) ? "the browser's" : "the page's";
})"""


@pytest.mark.parametrize("place", [".drop", ".panel textarea", "body"])
def test_a_file_that_is_dropped_anywhere_is_taken(new_page, place):
    page = new_page("#/new")
    page.wait_for_selector(".drop")
    assert page.evaluate(DROPPED, place)[1:] == ["the page's", "the page's"]
    assert page.locator(".chosen").inner_text() == "dropped.mp4 (2.0 MB)"
    assert page.locator(".drop.over").count() == 0


def test_a_file_that_is_dropped_where_none_is_taken_does_not_replace_the_page(analysis):
    assert analysis.evaluate(DROPPED, ".chart")[1:] == ["the page's", "the page's"]


def test_words_are_dragged_as_ever(new_page):
    page = new_page("#/new")
    page.wait_for_selector(".drop")
    words = DROPPED.replace(
        'items.add(new File([new Uint8Array(2e6)], "dropped.mp4"))', 'setData("text/plain", "words")'
    )
    assert page.evaluate(words, ".panel textarea") == ["the browser's"] * 3


@pytest.mark.parametrize("local", [True, False])
def test_a_path_is_offered_in_local_mode_only(fake, new_page, local):
    fake.local_paths = local
    page = new_page("#/new")
    page.wait_for_selector(".drop")
    path = page.get_by_label("Or a path on this machine")
    assert path.count() == local
    if local:
        path.fill("/clips/mine.mp4")
        page.get_by_label("What is said, if it is known").fill("Hello.")
        page.get_by_role("button", name="Analyse").click()
        page.get_by_role("heading", name="Measuring").wait_for()
        assert (fake.wanted[0]["file"], fake.wanted[0]["transcript"]) == ("file-sent", "Hello.")


def test_the_camera_is_recorded(new_page):
    page = new_page("#/new")
    page.get_by_role("button", name="Record from the camera").click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop recording").click()
    page.wait_for_selector(".chosen.ready")
    assert page.locator(".chosen").inner_text().startswith("recording-2")


def test_the_list_is_searched_and_paged(fake, new_page):
    for n in range(45):
        fake.add(f"talk-{n:02d}.mp4")
    page = new_page()
    page.get_by_role("link", name="talk-44.mp4").wait_for()
    page.get_by_role("button", name="Older").click()
    page.get_by_role("button", name="Older").click()
    page.get_by_role("link", name="talk-00.mp4").wait_for()
    assert page.get_by_role("button", name="Older").is_disabled()
    page.get_by_role("button", name="Newer").click()
    page.get_by_role("link", name="talk-20.mp4").wait_for()
    page.get_by_label("Search").fill("talk-07")
    page.get_by_role("link", name="talk-44.mp4").wait_for(state="detached")
    page.get_by_role("link", name="talk-07.mp4").wait_for()


def test_nothing_is_deleted_without_a_confirmation(fake, new_page):
    one = fake.add("demo.mp4")
    page = new_page()
    page.get_by_role("button", name="Delete demo.mp4").click()
    page.get_by_role("button", name="Keep").click()
    assert fake.deleted == []
    page.get_by_role("button", name="Delete demo.mp4").click()
    page.get_by_label("Also delete the clip").check()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Nothing has been analysed yet").wait_for()
    assert fake.deleted == [one["id"], one["file"]]


def test_the_empty_list_offers_the_demo(fake, new_page):
    page = new_page()
    fake.makes_s = 1.5
    page.get_by_role("button", name="Analyse the demo clip").click()
    page.get_by_text("The first time that takes about half a minute").wait_for(timeout=1000)
    assert page.get_by_role("button", name="Making the demo clip").is_disabled()
    page.get_by_role("heading", name="Measuring").wait_for()
    assert fake.wanted == [{"demo": True}]


def test_two_analyses_are_compared(fake, new_page):
    fake.report["claims"][0]["end_s"] = fake.report["claims"][0]["start_s"]  # an instant, the same in both
    first = fake.add("first.mp4")
    changed = {**fake.report, "claims": [dict(one) for one in fake.report["claims"]]}
    changed["claims"] = [one for one in changed["claims"] if one["id"] != "P1-behaviour-5"]
    next(one for one in changed["claims"] if one["id"] == "P1-emotion-3")["label"] = "surprise"
    fake.add("second.mp4", own_report=changed)
    page = open_analysis(new_page, first)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("link", name="second.mp4").click()
    page.get_by_text("9 same label · 1 other label · 1 only in A · 0 only in B").wait_for()
    page.get_by_label("Differences only").check()
    shown = page.locator(".pair:visible").all_inner_texts()
    assert len(shown) == 2
    assert "suggests happiness" in shown[1]
    assert "suggests surprise" in shown[1]
    page.get_by_label("Differences only").uncheck()
    assert page.get_by_text("suggests keeping still").count() == 2, "as the codebook names them"


def test_a_dialog_leaves_with_its_view(fake, new_page):
    page = open_analysis(new_page, fake.add("first.mp4"))
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("dialog").wait_for()
    page.evaluate("location.hash = '#/'")
    page.get_by_role("link", name="first.mp4").wait_for()
    assert page.get_by_role("dialog").count() == 0


def test_what_is_compared_with_is_named_by_how_it_was_judged_and_found_however_old_it_is(fake, new_page):
    file = fake.add("talk.mp4", made_with={"strategy": "debate", "model": "qwen3-omni", "codebook": "mer6"})["file"]
    for n in range(130):
        fake.add(f"other-{n:03d}.mp4")
    fake.add("talk.mp4", "failed")
    one = fake.add("talk.mp4", file=file, made_with={"strategy": "cascade", "model": None, "codebook": "basic"})
    page = open_analysis(new_page, one)
    page.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="other-129.mp4").wait_for()
    assert dialog.get_by_role("link").count() == 19  # without itself
    dialog.get_by_role("button", name="Show older ones").click()
    dialog.get_by_role("link", name="other-100.mp4").wait_for()
    assert violations(page) == []
    dialog.get_by_label("Search").fill("talk")
    dialog.get_by_role("link", name="other-129.mp4").wait_for(state="detached")
    (found,) = dialog.get_by_role("link").all_inner_texts()
    assert "the same clip · debate · qwen3-omni · codebook mer6" in found
    assert dialog.get_by_role("button", name="Show older ones").is_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_the_list_tells_how_each_was_judged(fake, new_page, size):
    fake.add("one.mp4", made_with={"strategy": "debate", "model": "qwen3-omni", "codebook": "basic"})
    fake.add("two.mp4", made_with={"strategy": "cascade", "model": None, "codebook": "basic"})
    fake.add("three.mp4", "queued", options={"strategy": "vote"})
    page = new_page(size=size)
    page.get_by_role("link", name="one.mp4").wait_for()
    shown = page.locator(".list .how")
    assert shown.all_inner_texts() == ["vote", "cascade · no language model", "debate · qwen3-omni"]
    assert all(cell.is_visible() for cell in shown.all())


def test_the_key_is_asked_for_and_not_kept(fake, new_page):
    fake.key = "right"
    fake.add("demo.mp4")
    page = new_page(allowed=("401",))
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("The server does not know this key.").wait_for()
    page.get_by_label("API key").fill("right")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="demo.mp4").wait_for()
    assert "right" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")


def test_the_notice_is_shown_once(fake, new_page):
    page = new_page(seen=False)
    page.get_by_text("Never use it to decide about a person, to detect lies or to diagnose.").wait_for()
    page.get_by_role("button", name="I have read this").click()
    page.reload()
    page.get_by_text("Nothing has been analysed yet").wait_for()
    assert page.get_by_role("dialog").count() == 0
    page.get_by_role("button", name="Permitted use").click()
    assert page.get_by_role("dialog").is_visible()


def test_the_key_is_asked_for_once_the_notice_is_read(fake, new_page):
    fake.key = "right"
    page = new_page(seen=False, allowed=("401",))
    page.get_by_role("button", name="I have read this").wait_for()
    page.wait_for_timeout(300)
    assert page.get_by_role("dialog").count() == 1
    page.get_by_role("button", name="I have read this").click()
    page.get_by_label("API key").wait_for()
    assert page.get_by_role("dialog").count() == 1


def test_an_error_is_told_in_the_servers_words(new_page):
    page = new_page("#/analyses/an_none", allowed=("404",))
    page.get_by_text("there is no analysis 'an_none'").wait_for()
