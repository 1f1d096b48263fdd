"""How sure an utterance's label is rests on its tokens, else on further samples, else on the model's own word."""

import json
from math import log

import pytest
from talk_making import dyad, filmed, measured, talk_of, turns

from agents.agent import Answer
from agents.checking.calibration import Calibration
from agents.models.abilities import Abilities
from agents.models.label_odds import TokenOdds
from agents.report import TokenUse
from graphs.conversation import converse
from graphs.incongruity import incongruities

FROWN = measured("au14-1", "action_units", 2.5, 3.5, "P2", 2.0, "P2: a lip corner tightened (AU14), about C")
CONFLICT = {"kind": "sarcasm", "words": ["utterance-2"], "signs": ["au14-1"], "text": "Praise with a tight lip.",
            "confidence_percent": 40}  # fmt: skip
SCALED = Calibration(temperature=2.0, n=50, fitted_on="b", model="scripted", codebook_sha256="0", level="emotion",
                     strategy="conversation", source="sample_agreement", ece_before=0.2, ece_after=0.1)  # fmt: skip


class Scripted:
    """A model that says these answers, one a sample; the probabilities of its tokens come with them if it has any."""

    name = "scripted"

    def __init__(self, *answers, tokens=()):
        self.answers, self.tokens, self.drawn = answers, tokens, []

    async def abilities(self):
        return Abilities()

    async def answer(self, messages, output, schema, *, sample=0, odds=False):
        self.drawn.append(sample)
        content = output.model_validate_json(json.dumps(self.answers[sample]))
        return Answer(content, TokenUse(calls=1), self.tokens if odds else ())

    async def close(self):
        return


def emotion(label, id_="utterance-1", **changes):
    said = {"label": label, "text": "Words.", "confidence_percent": 70, "evidence": [id_], **changes}
    return {id_: said}


def token(text, **others):
    top = others or {text: 1.0}
    return TokenOdds(text.encode(), log(top[text]), tuple((t.encode(), log(p)) for t, p in top.items()))


def sure(one):
    return round(one.confidence, 2), one.confidence_from


async def test_the_probability_of_each_label_is_that_of_its_own_utterance_in_whatever_order_they_are_answered(tmp_path):
    tokens = (
        token('{"utterance-2": {"evidence": ["utterance-1"], "label": "'),
        token("sadness", sadness=0.6, fear=0.3, happiness=0.1),
        token('", "text": "\\"utterance-1\\": \\"label\\""}, "utterance-1": {"label": "'),
        token("happiness", happiness=0.8, surprise=0.2),
        token('"}}'),
    )
    model = Scripted({**emotion("sadness", "utterance-2"), **emotion("happiness")}, tokens=tokens)
    result = await converse(talk_of(tmp_path, turns(["Good!", "Bad."]), model=model, samples=3))
    first, second = result.utterances
    assert (sure(first), sure(second)) == ((0.8, "label_probability"), (0.6, "label_probability"))
    assert [a.label for a in second.alternatives] == ["fear", "happiness"]
    assert model.drawn == [0], "with probabilities, no further samples are asked for"


async def test_without_probabilities_samples_are_compared_and_scaled_by_what_was_fitted(tmp_path):
    model = Scripted(emotion("happiness"), emotion("happiness"), emotion("surprise"), {}, emotion("happiness"))
    result = await converse(talk_of(tmp_path, turns(["Good!"]), model=model, samples=5, calibrations=(SCALED,)))
    (said,) = result.utterances
    odds = (3 / 2) ** (1 / SCALED.temperature)  # 3 of 5 agree; the one that leaves the utterance out does not
    assert said.confidence == pytest.approx(odds / (1 + odds))
    assert said.confidence_from == "sample_agreement"
    (other,) = said.alternatives
    odds = (1 / 4) ** (1 / SCALED.temperature)  # 1 of 5 says so, on the same scale
    assert (other.label, other.probability) == ("surprise", pytest.approx(odds / (1 + odds)))
    assert sorted(model.drawn) == [0, 1, 2, 3, 4]
    assert result.calibrations == (SCALED,)
    assert result.tokens.calls == 5


async def test_one_sample_says_itself_how_sure_it_is(tmp_path):
    result = await converse(talk_of(tmp_path, turns(["Good!"]), model=Scripted(emotion("happiness")), samples=1))
    assert sure(result.utterances[0]) == (0.7, "stated")


async def test_what_abstains_is_not_drawn_again(tmp_path):
    model = Scripted(emotion("", abstained=True))
    await converse(talk_of(tmp_path, turns(["Hm."]), model=model, samples=3))
    assert model.drawn == [0]


async def test_without_a_model_confidences_come_from_rules(demo, tmp_path, monkeypatch):
    brows = [measured(f"au{n}-1", "action_units", 0.2, 1.8, "P1", 4.0) for n in (1, 2, 5, 26)]
    result = await converse(filmed(talk_of(tmp_path), dyad(*brows), demo, monkeypatch))
    assert {u.confidence_from for u in result.utterances} == {"rule"}
    assert result.utterances[0].label == "surprise", "by signs of the face"
    assert result.utterances[3].label, "by words"


@pytest.mark.parametrize(
    ("answers", "tokens", "told"),
    [
        ([CONFLICT], [token("sarcasm", sarcasm=0.5, none=0.3, masking=0.2)], (0.5, "label_probability")),
        ([CONFLICT, CONFLICT, {**CONFLICT, "kind": "none"}], [], (0.67, "sample_agreement")),
        ([CONFLICT], [], (0.4, "stated")),
    ],
)
async def test_the_kind_of_a_conflict_is_as_sure_as_its_tokens_or_samples(
    answers, tokens, told, demo, tmp_path, monkeypatch
):
    whole = [token('{"utterance-2": {"kind": "'), *tokens, token('"}}')] if tokens else ()
    model = Scripted(*({"utterance-2": answer} for answer in answers), tokens=whole)
    talk = filmed(talk_of(tmp_path, model=model, samples=len(answers)), dyad(FROWN), demo, monkeypatch)
    (conflict,) = (await incongruities(talk)).conflicts
    assert sure(conflict) == told
