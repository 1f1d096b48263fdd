"""The words of a clip from a file: SRT, WebVTT, JSON or plain text."""

import html
import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from perception.clip import Utterance
from perception.errors import TranscriptError

CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
CUE = re.compile(rf"^\s*{CLOCK}\s*-->\s*{CLOCK}")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")
MAY_END_LATE_S = 1.0  # after the clip: subtitles linger; what starts after its end does not belong to it


def read_transcript(path: Path, duration_s: float) -> tuple[tuple[Utterance, ...], str | None]:
    """Utterances in order of time, within the clip, and the language if the file names it.

    Plain text has no times: it is one utterance over the whole clip.

    Raises:
        TranscriptError: not readable, malformed (with its line), or of another clip.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TranscriptError(f"transcript {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TranscriptError(f"transcript {path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    language = None
    suffix = path.suffix.lower()
    if suffix == ".json":
        utterances, language = _from_json(text, path)
    elif suffix == ".vtt" or text.startswith("WEBVTT") or suffix == ".srt":
        utterances = _from_cues(text, path)
    else:
        words = " ".join(text.split())
        utterances = [Utterance(start_s=0.0, end_s=duration_s, text=words)] if words else []
    if not utterances:
        raise TranscriptError(f"transcript {path} has no words in it")
    ordered = sorted(utterances, key=lambda u: (u.start_s, u.end_s))
    for u in ordered:
        if u.start_s >= duration_s or u.end_s > duration_s + MAY_END_LATE_S:
            span = f"{u.start_s:.1f}-{u.end_s:.1f} s"
            raise TranscriptError(f"transcript {path} does not fit the clip: words at {span}, the clip ends at {duration_s:.1f} s")
    return tuple(u.model_copy(update={"end_s": min(u.end_s, duration_s)}) for u in ordered), language


def _from_cues(text: str, path: Path) -> list[Utterance]:
    lines = text.splitlines()
    utterances, n = [], 0
    while n < len(lines):
        if "-->" not in lines[n]:
            n += 1
            continue
        cue = CUE.match(lines[n])
        if cue is None:
            raise TranscriptError(f"transcript {path}, line {n + 1}: no times in {lines[n].strip()!r}")
        at, n = n + 1, n + 1
        said = []
        while n < len(lines) and lines[n].strip():
            said.append(lines[n])
            n += 1
        raw = " ".join(said)
        voice = VOICE.search(raw)
        words = " ".join(html.unescape(TAG.sub("", raw)).split())
        if words:
            start_s, end_s = _seconds(cue.groups()[:4]), _seconds(cue.groups()[4:])
            utterances.append(_utterance(path, f"line {at}", start_s, end_s, voice.group(1).strip() if voice else None, words))
    return utterances


def _from_json(text: str, path: Path) -> tuple[list[Utterance], str | None]:
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(f"transcript {path}, line {error.lineno}: {error.msg}") from error
    language = content.get("language") if isinstance(content, dict) else None
    rows = content if isinstance(content, list) else content.get("utterances", content.get("segments")) if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TranscriptError(f'transcript {path}: give a list, or {{"utterances": [...]}}, of {{"start_s", "end_s", "text"}}')
    utterances = []
    for n, row in enumerate(rows, start=1):
        words = " ".join(str(row.get("text", "")).split())
        if words:
            times = row.get("start_s", row.get("start")), row.get("end_s", row.get("end"))
            utterances.append(_utterance(path, f"utterance {n}", *times, row.get("speaker"), words))
    return utterances, language if isinstance(language, str) else None


def _utterance(path: Path, where: str, start_s: Any, end_s: Any, speaker: Any, text: str) -> Utterance:
    try:
        return Utterance(start_s=start_s, end_s=end_s, speaker=speaker, text=text)
    except ValidationError as error:
        first = error.errors()[0]
        raise TranscriptError(f"transcript {path}, {where}: {'.'.join(map(str, first['loc']))} {first['msg']}") from error


def _seconds(clock: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (c or "0" for c in clock)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
