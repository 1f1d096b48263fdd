"""What is said in a clip: SRT, WebVTT, JSON or plain text, read into utterances."""

import html
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import Field

from perception.errors import TranscriptError
from perception.evidence import Frozen, Seconds
from perception.named_speakers import by_speaker, speakers_in

LARGEST_BYTES = 50_000_000  # days of speech
FOREIGN_SHARE = 0.3  # of the characters: text read as Western European with more above ASCII is in another encoding
KINDS = ".srt, .vtt, .json and .txt"

TIME = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})"
TIMING = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>", re.IGNORECASE)  # WebVTT's voice span names the speaker
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>|</>|\{\\[^{}]*\}")  # markup, karaoke times, SubStation overrides


class Utterance(Frozen):
    """Something that was said, and when."""

    start_s: Seconds
    end_s: Seconds
    speaker: str | None = Field(default=None, description="as the transcript names the speaker")
    text: str = Field(min_length=1)
    timed: bool = Field(default=True, description="false when the transcript gives no times: it spans the clip then")


class Transcript(Frozen):
    """The utterances in order of time, and their language when the file says it."""

    utterances: tuple[Utterance, ...]
    language: str | None = Field(default=None, description="BCP 47 tag")


class Words(Transcript):
    """What was said somewhere, with neither picture nor sound: at least one utterance."""

    utterances: Annotated[tuple[Utterance, ...], Field(min_length=1)]
    name: str
    sha256: str = Field(description="of what they were read from")

    @property
    def duration_s(self) -> float:
        """When the last word is said."""
        return max(utterance.end_s for utterance in self.utterances)


class Cue(NamedTuple):
    """An utterance as the file has it, before it is held against the clip."""

    place: str  # "line 7" or "item 3", for error messages
    start_s: float
    end_s: float
    speaker: str | None
    text: str  # line by line


def read_transcript(path: Path, duration_s: float) -> Transcript:
    """Read a transcript; the file's name tells its kind.

    An utterance that ends after the clip is cut at the clip's end. Plain text has no times: it becomes one
    utterance over the whole clip, or one a turn where it names speakers, with `timed` false. Names before words
    ("ANNA: Hello") are speakers where that is how the file is written (see `perception.named_speakers`), not in JSON.

    Args:
        path: an SRT, WebVTT, JSON or text file in UTF-8, UTF-16 with a byte order mark, or Windows-1252. JSON is a
            list of utterances, or an object with them as `utterances` or `segments` and perhaps a `language`;
            each has `start_s` or `start`, `end_s` or `end` (seconds), `text` and perhaps a `speaker`.
        duration_s: how long the clip is.

    Raises:
        TranscriptError: the file can't be read, is malformed, or begins an utterance after the clip's end.
    """
    text = _decode(path)
    language, kind = None, path.suffix.lower()
    if kind == ".txt":
        return Transcript(utterances=_untimed(text, duration_s))
    if kind == ".json":
        language, cues = _from_json(path, text)
    elif kind == ".vtt":
        language = _check_vtt(path, text)
        cues = _named(list(_from_blocks(path, text, skip=("WEBVTT", "NOTE", "STYLE", "REGION"))))
    elif kind == ".srt":
        cues = _named(list(_from_blocks(path, text)))
    else:
        raise TranscriptError(f"{path}: transcripts are {KINDS}; rename or convert it")
    fitted = [_fit(path, cue, duration_s) for cue in cues if cue.text]
    return Transcript(utterances=tuple(sorted(fitted, key=lambda u: (u.start_s, u.end_s))), language=language)


def _untimed(text: str, duration_s: float) -> tuple[Utterance, ...]:
    """Plain text, by turns where it names speakers and else as a whole."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    speakers = speakers_in([line] for line in lines)
    turns: list[tuple[str | None, list[str]]] = []
    for line in lines:
        ((speaker, words),) = by_speaker([line], speakers)
        if speaker is not None or not turns:
            turns.append((speaker, [words]))
        else:
            turns[-1][1].append(words)
    return tuple(
        Utterance(start_s=0, end_s=duration_s, speaker=speaker, text=" ".join(words), timed=False)
        for speaker, words in turns
    )


def _named(cues: list[Cue]) -> list[Cue]:
    """Cues with the speakers that their words begin with; one that several speak becomes several."""
    speakers = speakers_in(cue.text.split("\n") for cue in cues if cue.speaker is None and cue.text)
    return [
        cue._replace(speaker=speaker, text=words)
        for cue in cues
        for speaker, words in (
            by_speaker(cue.text.split("\n"), speakers)
            if cue.speaker is None
            else [(cue.speaker, " ".join(cue.text.split()))]
        )
    ]


def _decode(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise TranscriptError(f"{path}: above {LARGEST_BYTES // 1_000_000} MB: is it a transcript?")
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptError(f"{path}: can't be read ({error.strerror}); check the path") from error
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        guessed_wrong = encoding == "cp1252" and sum(c > "\x7f" for c in text) > FOREIGN_SHARE * len(text)
        if "\0" not in text and not guessed_wrong:
            return text
    raise TranscriptError(f"{path}: neither UTF-8 nor another known encoding; save it as UTF-8")


def _from_blocks(path: Path, text: str, skip: tuple[str, ...] = ()) -> Iterator[Cue]:
    """Cues of SRT or WebVTT: blocks between empty lines, but those that begin with a word of `skip`."""
    lines = [*re.split(r"\r\n|\r|\n", text), ""]
    first = 0
    for at, line in enumerate(lines):
        if line.strip():
            continue
        block = lines[first:at]
        if block and not block[0].startswith(skip or "\0"):
            yield from _cues(path, first + 1, block)
        first = at + 1


def _cues(path: Path, line: int, block: list[str]) -> Iterator[Cue]:
    """The cue of a block that starts on a line; several when it has several voices."""
    above = 0 if "-->" in block[0] else 1  # a number or a name may stand above the times
    times = TIMING.match(block[above]) if above < len(block) else None
    place = f"line {line + above if above < len(block) else line}"
    if times is None:
        _refuse(path, place, "no times such as 00:01:02,500 --> 00:01:04,000")
    start_s, end_s = _seconds(path, place, times.groups()[:4]), _seconds(path, place, times.groups()[4:])
    words = block[above + 1 :]
    if any("-->" in w for w in words):
        _refuse(path, place, "times among the words; an empty line is missing between two cues")
    parts = VOICE.split("\n".join(words))  # words, then speaker and words by turns
    for speaker, said in [(None, parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]:
        yield Cue(place, start_s, end_s, speaker and _one_line(speaker), _plain(said))


def _seconds(path: Path, place: str, groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(g or 0) for g in groups)
    if minutes > 59 or seconds > 59:
        _refuse(path, place, "minutes and seconds go to 59")
    return round(hours * 3600 + minutes * 60 + seconds + thousandths / 1000, 3)


def _plain(words: str) -> str:
    """Words without markup, on as many lines."""
    lines = html.unescape(TAG.sub("", words)).split("\n")
    return "\n".join(said for line in lines if (said := " ".join(line.split())))


def _one_line(words: str) -> str:
    return " ".join(_plain(words).split())


def _check_vtt(path: Path, text: str) -> str | None:
    """The language that the header of a WebVTT file names, if it does."""
    header = re.split(r"\n\s*\n", text.replace("\r\n", "\n"), maxsplit=1)[0]
    if not re.match(r"WEBVTT(\s|$)", header):
        _refuse(path, "line 1", "a WebVTT file begins with WEBVTT")
    named = re.search(r"^Language:\s*(\S+)", header, re.MULTILINE)
    return named[1] if named else None


def _from_json(path: Path, text: str) -> tuple[str | None, list[Cue]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse(path, f"line {error.lineno}", f"not JSON: {error.msg}")
    except RecursionError:
        raise TranscriptError(f"{path}: lists within lists, too deep for a transcript") from None
    language = content.get("language") if isinstance(content, dict) else None
    items = content.get("utterances", content.get("segments")) if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise TranscriptError(f'{path}: neither a list of utterances nor an object with "utterances" or "segments"')
    if not isinstance(language, str | None):
        raise TranscriptError(f'{path}: "language" is not text')
    return language, [_json_cue(path, f"item {n}", item) for n, item in enumerate(items, start=1)]


def _json_cue(path: Path, place: str, item: Any) -> Cue:
    if not isinstance(item, dict):
        _refuse(path, place, "not an object with start_s, end_s and text")
    speaker, said = item.get("speaker"), item.get("text")
    if not isinstance(said, str) or not isinstance(speaker, str | None):
        _refuse(path, place, "its text or speaker is not text")
    return Cue(
        place, _json_time(path, place, item, "start"), _json_time(path, place, item, "end"), speaker, _one_line(said)
    )


def _json_time(path: Path, place: str, item: dict[str, Any], name: str) -> float:
    value = item.get(f"{name}_s", item.get(name))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        _refuse(path, place, f"its {name} is not a number of seconds")
    return value


def _fit(path: Path, cue: Cue, duration_s: float) -> Utterance:
    if cue.end_s < cue.start_s:
        _refuse(path, cue.place, f"ends ({cue.end_s:g} s) before it begins ({cue.start_s:g} s)")
    if cue.start_s >= duration_s:
        _refuse(
            path, cue.place, f"begins at {cue.start_s:g} s, after the clip's end at {duration_s:g} s: another clip's?"
        )
    return Utterance(start_s=cue.start_s, end_s=min(cue.end_s, duration_s), speaker=cue.speaker, text=cue.text)


def _refuse(path: Path, place: str, why: str) -> NoReturn:
    raise TranscriptError(f"{path}, {place}: {why}")
