"""Words come with their times and speakers from each kind of transcript, and errors name the line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.errors import TranscriptError
from perception.transcripts import read_transcript


@pytest.fixture
def read(tmp_path):
    def write_and_read(name, content, duration_s=100.0):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_transcript(path, duration_s)

    return write_and_read


def brief(transcript):
    return [(u.start_s, u.end_s, u.speaker, u.text) for u in transcript.utterances]


def clock(milliseconds):
    seconds = milliseconds // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{milliseconds % 1000:03}"


@given(st.lists(st.tuples(st.integers(0, 9 * 3_600_000), st.integers(0, 60_000)), max_size=8))
def test_srt_times_survive_writing_and_reading(tmp_path_factory, cues):
    path = tmp_path_factory.mktemp("srt") / "a.srt"
    path.write_text("\n".join(f"{n}\n{clock(a)} --> {clock(a + d)}\nwords\n" for n, (a, d) in enumerate(cues, 1)))
    found = [(u.start_s, u.end_s) for u in read_transcript(path, 10 * 3600).utterances]
    assert found == sorted((a / 1000, (a + d) / 1000) for a, d in cues)


def test_srt_markup_is_no_part_of_the_words(read):
    found = read("a.srt", "1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}<i>Well &amp; good</i>\r\n3 < 4, no?\r\n\r\n")
    assert brief(found) == [(1.0, 2.5, None, "Well & good 3 < 4, no?")]


def test_webvtt_voices_notes_styles_and_short_times(read):
    found = read(
        "a.vtt",
        "WEBVTT - a title\nKind: captions\nLanguage: en-GB\n\nSTYLE\n::cue { color: red }\n\nNOTE not --> this\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start position:0%\n<v.loud Ann Lee>Hi <c.x>there</c>\n"
        "<v Bo>Hello <00:01.500>you\n\n01:00:03.250 --> 01:00:04.000\n<b>Plain</b>\n",
        duration_s=4000,
    )
    assert brief(found) == [
        (1.0, 2.0, "Ann Lee", "Hi there"),
        (1.0, 2.0, "Bo", "Hello you"),
        (3603.25, 3604.0, None, "Plain"),
    ]
    assert found.language == "en-GB"


@pytest.mark.parametrize(
    "content",
    [
        [{"start_s": 1, "end_s": 2.5, "speaker": "A", "text": " Hi\nthere "}],
        {"utterances": [{"start": 1, "end": 2.5, "speaker": "A", "text": "Hi there"}]},
        {"segments": [{"id": 0, "start": 1, "end": 2.5, "speaker": "A", "text": "Hi there"}], "text": "Hi there"},
    ],
)
def test_json_in_each_of_its_forms(read, content):
    assert brief(read("a.json", json.dumps(content))) == [(1.0, 2.5, "A", "Hi there")]


def test_json_may_name_the_language(read):
    assert read("a.json", '{"language": "sv", "segments": []}').language == "sv"


def test_plain_text_spans_the_clip_and_says_that_it_has_no_times(read):
    (said,) = read("a.txt", "One line\nand another\n", duration_s=12.5).utterances
    assert (said.start_s, said.end_s, said.text, said.timed) == (0.0, 12.5, "One line and another", False)
    assert read("empty.txt", " \n").utterances == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(read, encoding):
    (said,) = read("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nÇa va très bien\n".encode(encoding)).utterances
    assert said.text == "Ça va très bien"


def test_an_unknown_encoding_is_refused_and_not_guessed(read):
    with pytest.raises(TranscriptError, match="UTF-8"):
        read(
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\n你好你好你好你好你好你好你好你好你好你好你好你好\n".encode("gb18030"),
        )


def test_an_utterance_ends_with_the_clip_at_the_latest(read):
    assert brief(read("a.srt", "1\n00:00:01,000 --> 00:00:09,000\nHi\n", duration_s=4.0)) == [(1.0, 4.0, None, "Hi")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.srt", "1\n00:00:01,000 -> 00:00:02,000\nHi\n", "line 2: no times"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHi\n\n2\n", "line 5: no times"),
        ("a.srt", "1\n00:61:01,000 --> 00:62:02,000\nHi\n", "line 2: minutes"),
        ("a.srt", "1\n00:00:03,000 --> 00:00:02,000\nHi\n", "line 2: ends"),
        (
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nHi\n2\n00:00:02,000 --> 00:00:03,000\nHo\n",
            "line 2: times among",
        ),
        ("a.srt", "1\n00:09:01,000 --> 00:09:02,000\nHi\n", "line 2: begins at 541 s, after the clip's end"),
        ("a.vtt", "00:01.000 --> 00:02.000\nHi\n", "line 1: a WebVTT file"),
        ("a.json", '[{"start_s": 1,\n "end_s"]', "line 2: not JSON"),
        (
            "a.json",
            '[{"start_s": 1, "end_s": 2, "text": "a"}, {"start_s": "1", "end_s": 2, "text": "b"}]',
            "item 2: its start",
        ),
        ("a.json", '[{"start_s": NaN, "end_s": 2, "text": "a"}]', "item 1: its start"),
        ("a.json", '[{"start_s": 1, "end_s": 2}]', "item 1: its text"),
        ("a.json", '{"words": []}', "neither a list"),
        ("a.docx", "PK", "rename or convert"),
    ],
)
def test_a_malformed_transcript_is_refused_with_file_and_line(read, name, content, says):
    with pytest.raises(TranscriptError) as refused:
        read(name, content)
    assert name in str(refused.value)
    assert says in str(refused.value)


def test_a_missing_transcript_is_said_to_be_missing(tmp_path):
    with pytest.raises(TranscriptError, match="check the path"):
        read_transcript(tmp_path / "none.srt", 10.0)
