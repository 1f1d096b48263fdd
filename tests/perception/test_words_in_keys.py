"""Words that are added to a clip measure anew what reads them and what builds on that, and nothing else."""

import pytest

from perception.cache import Cache, key_of
from perception.clip import Clip
from perception.evidence import Findings
from perception.scheduler import perceive
from perception.tool import BUILT_IN, in_order, make_tool, tool
from perception.transcripts import Utterance

WORDS = (Utterance(start_s=0.2, end_s=0.6, speaker="A", text="See you at noon."),)
OTHERS = (Utterance(start_s=0.3, end_s=0.6, speaker="A", text="See you at noon."),)
LOOK_AT_THE_WORDS = {"action_units", "micro_expressions", "speech", "speakers"}
BUILD_ON_THEM = {"face_captions", "micro_gestures", "incongruity"}


@tool(needs="frames", version="1", reads_words=False)
def looks_alone():
    """Look at the pictures."""
    return lambda clip, frames: _counts(clip, sum(1 for _ in frames))


@tool(needs="looks_alone", version="1")
def reads():
    """Count the utterances."""
    return lambda clip, looks_alone: _counts(clip, len(clip.transcript))


@tool(needs="reads", version="1", reads_words=False)
def builds_on_words():
    """Take the number of utterances, and read none."""
    return lambda clip, reads: _counts(clip, reads.observations[0].value + len(clip.transcript))


def _counts(clip, value):
    found = Findings()
    found.event(None, "count", 0.0, clip.duration_s, value=value, text="counted", confidence=1.0, quality=1.0)
    return found


@pytest.fixture(scope="module")
def clip(demo):
    return Clip.open(demo.clip)


def with_words(clip, words, language=None):
    return clip.model_copy(update={"transcript": words, "transcript_language": language})


def keys_of(clip):
    keys = {}
    for each in in_order([make_tool(name) for name in BUILT_IN]):
        keys[each.name] = key_of(each, clip, keys)
    return keys


@pytest.mark.parametrize(
    ("before", "after"),
    [((), WORDS), (WORDS, OTHERS)],
    ids=["added", "changed"],
)
def test_words_change_the_keys_of_what_reads_them_and_of_what_builds_on_that(before, after, clip):
    silent, spoken = keys_of(with_words(clip, before)), keys_of(with_words(clip, after))
    assert {name for name in silent if silent[name] != spoken[name]} == LOOK_AT_THE_WORDS | BUILD_ON_THEM


def test_another_language_of_the_words_measures_them_anew(clip):
    english, german = (keys_of(with_words(clip, WORDS, language)) for language in ("en", "de"))
    assert english["speech"] != german["speech"]
    assert english["faces"] == german["faces"]


def test_what_needs_no_words_is_taken_from_the_cache_when_they_are_added(clip, tmp_path):
    cache = Cache(tmp_path)
    for words in ((), WORDS):
        evidence = perceive(with_words(clip, words), [builds_on_words()], cache=cache)
        assert {o.tool: o.value for o in evidence.observations} == {
            "looks_alone": clip.n_frames,
            "reads": len(words),
            "builds_on_words": len(words),
        }, "one that says that it reads no words gets none"
    assert {run.tool: run.cached for run in evidence.tools} == {
        "looks_alone": True,
        "reads": False,
        "builds_on_words": False,
    }
