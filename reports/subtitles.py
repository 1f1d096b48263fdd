"""A report's claims as subtitles."""

from agents.claims import LEVELS
from agents.report import Report


def srt(report: Report) -> str:
    """Claims as SubRip."""
    blocks = []
    for n, (start_s, end_s, text) in enumerate(_cues(report), start=1):
        blocks.append(f"{n}\n{_clock(start_s, ',')} --> {_clock(end_s, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(report: Report) -> str:
    """Claims as WebVTT."""
    cues = []
    for start_s, end_s, text in _cues(report):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{_clock(start_s, '.')} --> {_clock(end_s, '.')}\n{escaped}\n")
    return "\n".join(["WEBVTT\n", *cues])


def _cues(report: Report) -> list[tuple[float, float, str]]:
    claims = sorted((c for c in report.claims if not c.abstained), key=lambda c: (c.start_s, LEVELS.index(c.level)))
    return [
        (
            c.start_s,
            c.end_s,
            f"{c.person or 'all'} {c.level}: {c.label} ({c.confidence:.0%})\n{' '.join(c.text.split())}",
        )
        for c in claims
    ]


def _clock(time_s: float, point: str) -> str:
    ms = round(time_s * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
