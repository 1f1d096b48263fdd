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


def srt(*cues):
    return "\n".join(
        f"{n}\n{clock(n * 1000)} --> {clock(n * 1000 + 900)}\n{words}\n" for n, words in enumerate(cues, 1)
    )


def said(transcript):
    return [(u.speaker, u.text) for u in transcript.utterances]


ANNA_AND_BEN = [("Anna", "Hello."), ("Ben", "Hi: come in."), ("Anna", "Thanks!")]


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        (["Anna: Hello.", "Ben: Hi: come in.", "Anna: Thanks!"], ANNA_AND_BEN),
        (["- Anna: Hello.\n- Ben: Hi:\ncome in.", "<i>Anna:</i> Thanks!"], ANNA_AND_BEN),
        (["[Anna]: Hello.", ">> Ben: Hi: come in.", "Anna： Thanks!"], ANNA_AND_BEN),
        (["Anna: Hello.", "(a door)", "Ben: Hi.", "Is it you?", "Anna: Yes.", "Ben: It is."],
         [("Anna", "Hello."), (None, "(a door)"), ("Ben", "Hi."), (None, "Is it you?"), ("Anna", "Yes."),
          ("Ben", "It is.")]),
        (["DR. ANNA LEE: Who is it?", "Nobody knows.", "BEN: Me."],
         [("DR. ANNA LEE", "Who is it?"), (None, "Nobody knows."), ("BEN", "Me.")]),
        (["SPEAKER_00: One.", "Speaker 2: Two."], [("SPEAKER_00", "One."), ("Speaker 2", "Two.")]),
        (["Q: Why?", "A: So."], [("Q", "Why?"), ("A", "So.")]),
        (["ANNA: Where?\nBEN:\nHere."], [("ANNA", "Where?"), ("BEN", "Here.")]),
        (["ANNA: Alone."], [("ANNA", "Alone.")]),
        (["Élodie: Oui.", "Нина: Да.", "O'Neil: Aye."], [("Élodie", "Oui."), ("Нина", "Да."), ("O'Neil", "Aye.")]),
    ],
)  # fmt: skip
def test_names_before_words_are_speakers_where_the_file_is_written_so(read, cues, found):
    assert said(read("a.srt", srt(*cues))) == found
    assert said(read("a.vtt", "WEBVTT\n\n" + srt(*cues).replace(",", ".")))[0][0] == found[0][0]


@pytest.mark.parametrize(
    "cues",
    [
        ["Note: the shop is closed.", "Come back soon.", "Note: it opens at nine."],
        ["10:30 is fine.", "At 10: 30 people came.", "Genesis 3:16 and https://a.org/b: read it.", "12: a dozen."],
        ["He said: no.", "She left.", "He said: yes."],
        ["Step 1: breathe.", "Step 2: wait.", "Chapter Two: the end."],
        ["Anna: no, listen to me.", "We must leave.", "Now.", "All of us."],
        ["Anna: said once."],
        ["WARNING: it is hot.", "PS: it was.", "The END: or not."],
        ["THE ANSWER: NO.", "SHE LEFT."],
        ["NASA: we have a problem.", "Say that again.", "We lost it."],
        ["Berlin: a fine town.", *["It rains."] * 7, "Berlin: once more."],
        ["I told this to\nAnna: she must come.", "Fine."],
        ["Anna:", "Ben:"],
        ["My dear old friend Anna: hello.", "My dear old friend Ben: hi."],
    ],
)
def test_other_words_before_a_colon_stay_words(read, cues):
    assert said(read("a.srt", srt(*cues))) == [(None, " ".join(words.split())) for words in cues]


def test_a_voice_that_webvtt_names_keeps_its_words(read):
    cue = "00:01.000 --> 00:02.000\n<v Ann>BEN: he says that.\n\n00:02.000 --> 00:03.000\nBEN: Hi.\n"
    assert said(read("a.vtt", f"WEBVTT\n\n{cue}")) == [("Ann", "BEN: he says that."), ("BEN", "Hi.")]


def test_plain_text_that_names_speakers_is_read_by_turns(read):
    found = read("a.txt", "A talk\n\nAnna: Hello\nagain.\nBen: Hi.\nAnna: Thanks.\n", duration_s=9.0)
    assert said(found) == [(None, "A talk"), ("Anna", "Hello again."), ("Ben", "Hi."), ("Anna", "Thanks.")]
    assert {(u.start_s, u.end_s, u.timed) for u in found.utterances} == {(0.0, 9.0, False)}
    (whole,) = read("b.txt", "Note: one line\nand another").utterances
    assert whole.text == "Note: one line and another"


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


def test_lists_within_lists_without_end_are_no_transcript(read):
    with pytest.raises(TranscriptError, match="too deep"):
        read("a.json", "[" * 200_000)
