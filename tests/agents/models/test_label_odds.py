"""Label probabilities are those that a grammar of the labels alone would have drawn from, however tokens are cut."""

import json
from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat.chat_completion import ChoiceLogprobs

from agents.models.label_odds import LabelledSpan, TokenOdds, label_odds, sample_agreement, token_odds

LABELS = ("happy", "happy_surprise", "sad", "fear", "überrascht")


def told(text, probability=1.0, **others):
    """A token as an endpoint tells of it, with the others that could have stood there."""
    top = {text: probability, **others}
    return TokenOdds(text.encode(), log(probability), tuple((t.encode(), log(p)) for t, p in top.items()))


def odds_of(*tokens, field="label", labels=LABELS):
    return label_odds(tokens, field, labels)


def test_whole_labels_have_the_probabilities_of_their_tokens():
    (odds,) = odds_of(told('{"label":"'), told("sad", 0.6, happy_surprise=0.3, fear=0.1), told('"}'))
    assert odds == pytest.approx({"happy": 0, "happy_surprise": 0.3, "sad": 0.6, "fear": 0.1, "überrascht": 0})


def test_labels_that_begin_alike_are_told_apart_where_they_part():
    end = told('"', 0.25, **{"_": 0.75})
    (odds,) = odds_of(told('{"label": "'), told("happy", 0.8, sad=0.2), end, told("}"))
    assert odds == pytest.approx({"happy": 0.2, "happy_surprise": 0.6, "sad": 0.2, "fear": 0, "überrascht": 0})


def test_what_leads_to_no_label_does_not_count():
    unmasked = told("sad", 0.03, fear=0.01, The=0.5, **{"sad.": 0.2, '"': 0.26})
    (odds,) = odds_of(told('{"label":"'), unmasked, told('"}'))
    assert odds["sad"] == pytest.approx(0.75)
    assert odds["fear"] == pytest.approx(0.25)
    (odds,) = odds_of(told('{"label":"'), told('sad"}', 0.3, **{'fear",': 0.1, 'fear".': 0.6}))
    assert odds["sad"] == pytest.approx(0.75), "nor does what JSON would not allow after the label"


def test_a_chosen_token_outside_of_the_top_is_weighed_as_well():
    drawn = TokenOdds(b"sad", log(0.002), ((b"The", log(0.99)), (b"fear", log(0.006))))
    (odds,) = odds_of(told('{"label":"'), drawn, told('"}'), labels=("sad", "fear"))
    assert odds == pytest.approx({"sad": 0.25, "fear": 0.75})


def test_a_way_not_taken_is_shared_by_the_labels_it_leads_to():
    (odds,) = odds_of(told('{"label":"'), told("sad", 0.7, hap=0.3), told('"}'))
    assert odds["happy"] == odds["happy_surprise"] == pytest.approx(0.15)


def test_another_cut_of_the_same_way_says_nothing_between_its_labels():
    end = told('"', 0.9, _surprise=0.1)
    (odds,) = odds_of(told('{"label":"'), told("happy", 0.5, ha=0.5), end, told("}"))
    assert odds["happy"] == pytest.approx(0.9)


def test_a_label_that_is_not_observed_has_no_more_than_the_least_observed_and_than_what_is_left():
    (odds,) = odds_of(told('{"label":"'), told("sad", 0.5, fear=0.1), told('"}'), labels=("sad", "fear", "joy"))
    assert odds == pytest.approx({"sad": 5 / 7, "fear": 1 / 7, "joy": 1 / 7}), "0.4 is left, a tenth is the most"
    (odds,) = odds_of(told('{"label":"'), told("sad", 0.5, fear=0.44), told('"}'))
    assert odds["happy"] == odds["überrascht"] == pytest.approx(0.02), "0.06 is left for three labels"


def test_each_place_is_told_in_order_and_a_missing_label_keeps_its_place():
    answer = [
        '{"claims":[{"label":"',
        "sad",
        '","text":"a \\"label\\": \\"fear\\" is ',
        "said",
        '","second_label":"',
        "fear",
    ]
    answer += ['"},{"label":', " null", '},{"label":"', "sad", "der", '"},{"label" : "', "fear", '"}]}']
    found = odds_of(*map(told, answer))
    assert [odds and max(odds, key=odds.get) for odds in found] == ["sad", None, None, "fear"]
    assert [odds and max(odds, key=odds.get) for odds in odds_of(*map(told, answer), field="second_label")] == ["fear"]


def test_a_label_with_a_token_that_has_no_bytes_is_not_guessed_at():
    half = TokenOdds(b"", 0.0, ((b"", 0.0),))  # half a character, which the server could not decode
    assert odds_of(told('{"label":"'), half, told('überrascht"}')) == [None]
    for part in ("", "\N{REPLACEMENT CHARACTER}"):
        assert odds_of(told('{"label":"'), told("sad", 0.1, **{part: 0.9}), told('"}')) == [None]
        (odds,) = odds_of(told('{"label":"'), told("sad", 0.1, **{part: 0.9}), told('"}'), labels=("sad", "fear"))
        assert odds["sad"] == pytest.approx(1), "no label could have come of it"
    (odds,) = odds_of(told('{"text":"'), half, told("ü"), told('","label":"'), told("sad"), told('"}'))
    assert odds["sad"] == pytest.approx(1), "in another field it does no harm"


@given(st.sampled_from(LABELS), st.sets(st.integers(1, 60)), st.data())
def test_the_cut_into_tokens_never_breaks_the_alignment(label, cuts, data):
    answer = json.dumps({"text": "süß", "label": label, "n": 1}, ensure_ascii=False).encode()
    at = [0, *sorted(c for c in cuts if c < len(answer)), len(answer)]
    pieces = [answer[a:b] for a, b in pairwise(at)]
    others = st.dictionaries(st.sampled_from([b'"', b"h", b"sad", b' "f', b'":', b"\xc3", b"_s", b"x"]), st.just(-3.0))
    tokens = tuple(TokenOdds(p, -0.5, tuple(data.draw(others).items())) for p in pieces)
    (odds,) = odds_of(*tokens)
    assert tuple(odds) == LABELS
    assert sum(odds.values()) == pytest.approx(1)
    assert min(odds.values()) >= 0
    assert odds[label] > 0


def test_probabilities_are_read_as_endpoints_write_them():
    def entry(token, told_bytes, logprob, top):
        return {"token": token, "bytes": told_bytes, "logprob": logprob, "top_logprobs": top}

    content = [entry("�", [0xC3], -0.1, [entry("�", [0xC3], -0.1, []), entry("é", None, -2.5, [])])]
    expected = (TokenOdds(b"\xc3", -0.1, ((b"\xc3", -0.1), ("é".encode(), -2.5))),)
    assert token_odds(ChoiceLogprobs.model_validate({"content": content})) == expected
    assert token_odds(None) == token_odds(ChoiceLogprobs(content=None)) == ()


def test_samples_agree_that_give_the_label_to_half_of_the_stretch():
    samples = [
        [LabelledSpan("sad", 0.1, 0.5)],
        [LabelledSpan("sad", 0.0, 0.2), LabelledSpan("sad", 0.15, 0.3)],  # half, in two overlapping parts
        [LabelledSpan("sad", 0.1, 0.29), LabelledSpan("fear", 0.1, 0.5)],
        [LabelledSpan("sad", 0.6, 0.9), LabelledSpan("sad", 0.1, 0.2), LabelledSpan("sad", 0.1, 0.2)],
        [],
    ]
    assert sample_agreement("sad", 0.1, 0.5, samples) == 2 / 5
    assert sample_agreement("fear", 0.1, 0.1, samples) == 1 / 5, "a moment is held by a span that contains it"
    with pytest.raises(ValueError, match="samples"):
        sample_agreement("sad", 0.1, 0.5, [])
