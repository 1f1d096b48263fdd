"""A report as a small piece of HTML, which a notebook shows when a report is a cell's last value."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.report import Report

TEMPLATE = Path(__file__).parent / "notebook.html.j2"


def as_html(report: "Report") -> str:
    """Narrative, claims with their evidence in words, and caveats; everything escaped, nothing loaded."""
    words = {o.id: o.text for o in report.evidence.observations}
    return str(_template().render(report=report, words=words))


@cache
def _template() -> Any:
    from jinja2 import Environment

    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
