"""Chromium, driven by Playwright, for the tests of the page."""

import shutil
import time

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",  # the camera is a moving pattern, and nobody is asked
    "--use-fake-device-for-media-stream",
]
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def until(page, true):
    """Wait until an expression is true (Playwright's own wait is refused by the page's policy)."""
    ends = time.monotonic() + 20
    while not page.evaluate(true):
        assert time.monotonic() < ends, true
        page.wait_for_timeout(50)


def time_of(page):
    return page.locator("video").evaluate("video => video.currentTime")
