"""What a model is shown fits its context, and gets less in a fixed order when it is refused."""

import pytest
from case_making import face, make_case, saw
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.models.abilities import Abilities, answer_tokens
from agents.models.errors import ContextOverflow
from agents.showing.budget import (
    ANSWER_CHARACTERS,
    CLAIMS_CHARACTERS,
    VIDEO_FRAMES,
    check_room,
    fewer,
    halved,
    present,
    without,
)
from agents.showing.evidence_table import length
from agents.showing.presentation import Presentation, Wanted

TASKS = 9_000  # characters
EVERYTHING = {"images": True, "video": True, "audio": True}
EVIDENCE = make_case(face(), *(saw("au12", n / 10, n / 10 + 1, number=n) for n in range(90))).evidence


def shown(wanted=None, **able):
    return present(EVIDENCE, True, Abilities(known=True, **able), wanted or Wanted(), TASKS)


@pytest.mark.parametrize(
    ("takes", "way", "moments"), [(("video", "images"), "video", 20), (("images",), "frames", 8), ((), "text", 0)]
)
def test_the_most_that_a_model_takes_is_shown(takes, way, moments):
    chosen, notes = shown(context_tokens=32_768, **dict.fromkeys(takes, True))
    assert (chosen.way, len(chosen.moments_s), notes) == (way, moments, ())


def test_a_user_may_want_less_and_is_told_when_there_is_less():
    assert shown(Wanted(media="frames", frames=3), **EVERYTHING)[0].way == "frames"
    assert len(shown(Wanted(media="frames", frames=3), **EVERYTHING)[0].moments_s) == 3
    chosen, notes = shown(Wanted(media="video"), images=True)
    assert chosen.way == "frames"
    assert "takes no video" in notes[0]


def test_frames_lie_where_something_was_measured_or_evenly():
    apex = make_case(face(), saw("au12", 2.0, 4.0).model_copy(update={"apex_s": 2.71})).evidence
    assert 2.71 in present(apex, False, Abilities(known=True, images=True), Wanted(), TASKS)[0].moments_s
    even = present(apex, False, Abilities(known=True, images=True), Wanted(frame_choice="uniform"), TASKS)[0].moments_s
    assert even == tuple(round(10 * (n + 0.5) / 8, 2) for n in range(8))


def test_sound_is_for_those_who_hear_and_cut_where_the_room_ends():
    assert shown(context_tokens=32_768, **EVERYTHING)[0].sound_s == 10
    assert shown(context_tokens=32_768, images=True)[0].sound_s == 0
    chosen, notes = shown(context_tokens=32_768, sound_second_tokens=2_000, **EVERYTHING)
    assert 0 < chosen.sound_s < 10
    assert "of the sound only" in notes[0]


@settings(deadline=None)
@given(
    context=st.integers(2_000, 200_000),
    characters=st.floats(1, 6),
    picture=st.floats(50, 2_000),
    frame=st.floats(20, 1_000),
    media=st.sampled_from(("auto", "frames")),
)
def test_what_is_shown_fits_the_context(context, characters, picture, frame, media):
    costs = {"characters_per_token": characters, "picture_tokens": picture, "frame_tokens": frame}
    able = Abilities(known=True, context_tokens=context, **costs, **EVERYTHING)
    chosen, _ = present(EVIDENCE, True, able, Wanted(media=media), TASKS)
    used = len(chosen.moments_s) * (frame if chosen.way == "video" else picture)
    used += chosen.sound_s * able.sound_second_tokens
    used += (length(EVIDENCE, chosen.shown) + chosen.transcript_characters) / characters
    least = 600 / characters  # of text, without which there is nothing to cite
    told = (TASKS + CLAIMS_CHARACTERS) / characters + answer_tokens(ANSWER_CHARACTERS, able)
    assert used <= least + max(0, context - told)
    assert len(chosen.moments_s) <= VIDEO_FRAMES


def test_a_short_context_leaves_evidence_out_and_says_how_much():
    chosen, notes = shown(context_tokens=8_192)
    assert 0 < len(chosen.shown) < len(EVIDENCE.observations)
    assert f"has room for {len(chosen.shown)} of 91 observations" in notes[0]


def test_knowledge_is_left_out_first_where_room_is_short_and_that_is_said():
    def given(context_tokens):
        able = Abilities(known=True, context_tokens=context_tokens)
        return present(EVIDENCE, False, able, Wanted(), TASKS, knowledge_characters=5_000)

    assert given(32_768)[0].knowledge
    chosen, notes = given(7_500)
    assert not chosen.knowledge
    assert "no room for what is known of such signs in general" in notes[0]
    assert chosen.shown == shown(context_tokens=7_500)[0].shown, "its room is there for what was measured"


def test_what_does_not_fit_is_told_with_a_context_that_would_do():
    messages = [{"role": "system", "content": "x" * 27_000}]
    able = Abilities(known=True, context_tokens=4_096)
    with pytest.raises(ContextOverflow, match=r"context of 4096 tokens is too short: it takes 16384 or more"):
        check_room(messages, {"type": "boolean"}, Presentation(), able)


def test_without_evidence_nothing_measured_is_shown():
    assert shown(Wanted(evidence=False), **EVERYTHING)[0].shown == ()


def test_the_way_down_is_sound_then_video_then_frames_then_text():
    most = Presentation(way="video", moments_s=tuple(range(32)), sound_s=10)
    silent = without(most, None)
    assert (silent.way, silent.sound_s) == ("video", 0)
    frames = without(silent, None)
    assert (frames.way, len(frames.moments_s)) == ("frames", 8)
    assert set(frames.moments_s) < set(most.moments_s), "what was cited of the video can still be cited"
    text = without(frames, "image")
    assert (text.way, text.moments_s) == ("text", ())
    assert without(text, None) is None


def test_a_refused_video_leaves_the_sound():
    assert without(Presentation(way="video", moments_s=(1.0,), sound_s=10), "video").sound_s == 10


def test_a_limit_of_pictures_is_kept_before_they_are_given_up():
    shown = Presentation(way="frames", moments_s=tuple(range(32)))
    assert len(without(shown, "image", 16).moments_s) == 16
    assert without(shown, "image", 0).way == "text"


def test_half_is_about_half_and_keeps_the_best():
    whole = Presentation(way="frames", moments_s=tuple(range(8)), shown=tuple(o.id for o in EVIDENCE.observations))
    half = halved(whole, EVIDENCE)
    assert len(half.moments_s) == 4
    assert half.transcript_characters == whole.transcript_characters // 2
    assert half.shown == whole.shown[: len(half.shown)]
    assert 0.45 < len(half.shown) / len(whole.shown) < 0.55


@pytest.mark.parametrize(
    ("frames", "way", "left"), [(32, "video", 16), (18, "video", 8), (12, "frames", 3), (8, "frames", 2)]
)
def test_half_a_video_costs_less_than_the_whole(frames, way, left):
    half = halved(Presentation(way="video", moments_s=tuple(range(frames)), shown=()), EVIDENCE)
    assert (half.way, len(half.moments_s)) == (way, left)


@given(st.integers(0, 50), st.integers(1, 20))
def test_fewer_moments_are_some_of_them_in_order(count, wanted):
    moments = tuple(float(n) for n in range(count))
    some = fewer(moments, wanted)
    assert len(some) == min(count, wanted)
    assert list(some) == sorted(set(some) & set(moments))


def test_an_endpoint_that_could_not_be_asked_is_sent_what_was_asked_for_and_that_is_said():
    for media, way in (("auto", "text"), ("frames", "frames"), ("video", "video")):
        chosen, notes = present(EVIDENCE, False, Abilities(), Wanted(media=media), TASKS)
        assert chosen.way == way
        assert "could not be found out" in notes[0]


def test_a_medium_of_which_nothing_is_known_is_sent_where_it_is_asked_for_and_that_is_said():
    able = Abilities(known=True, images=True, unknown={"video": "HTTP 500"})
    for media, way in (("auto", "frames"), ("video", "video")):
        chosen, notes = present(EVIDENCE, False, able, Wanted(media=media), TASKS)
        assert chosen.way == way
        assert notes == ("whether the model takes video could not be found out (HTTP 500)",)
