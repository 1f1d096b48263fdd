"""The knowledge base is whole, names its sources, and prompts quote only what bears on what was observed."""

import pytest
from case_making import UNITS

from agents.by_rule import knowledge_base
from agents.by_rule.knowledge_base import (
    TEXT_CHARACTERS,
    KnowledgeError,
    knowledge,
    knowledge_names,
    knowledge_sha256,
    knowledge_text,
)
from agents.codebook import Codebook, CodebookError, codebook_names, load_codebook

ALL_KINDS = (*(u.lower() for u in UNITS), "au26", "nod", "shake", "tilt", "touch_face", "utterance", "heart_rate")


def test_every_file_loads_and_every_rule_has_a_source_and_a_concept():
    base = knowledge()
    assert {"facs", "gestures", "cognition", "behaviour", "appraisal", "physiology", "contradictions"} <= set(
        knowledge_names()
    )
    assert all(base.sources[rule.source].cite for rule in base.rules)


def test_the_disagreeing_sources_of_an_emotion_stand_side_by_side():
    sources = {rule.source for rule in knowledge().rules if rule.concept == "disgust"}
    assert {"fer1978", "guide2002", "ck2010", "du2014", "common"} <= sources


def test_prompts_quote_only_what_bears_on_what_was_observed():
    text = knowledge_text(("facs",), ("au12",))
    assert "facs-hap-ck" in text
    assert "facs-dis-guide-9:" not in text
    assert "nod" not in knowledge_text(("cognition",), ("au12",))


def test_quoted_knowledge_is_bounded():
    assert len(knowledge_text(knowledge_names(), ALL_KINDS)) <= TEXT_CHARACTERS
    assert len(knowledge_text(("facs",), ALL_KINDS)) <= TEXT_CHARACTERS


def test_a_file_that_needs_little_room_leaves_the_rest_to_others():
    alone, beside = knowledge_text(("facs",), ALL_KINDS), knowledge_text(("physiology", "facs"), ALL_KINDS)
    assert knowledge_text(("physiology",), ALL_KINDS) in beside
    assert len(beside) > len(alone)
    assert alone in beside, "half the room is not enough for it, but what the other leaves is"


def test_unknown_knowledge_is_refused():
    with pytest.raises(KnowledgeError, match="no knowledge is called 'astrology'"):
        knowledge_text(("astrology",), ())


def test_the_hash_changes_with_the_files(tmp_path, monkeypatch):
    before = knowledge_sha256()
    (tmp_path / "a.yaml").write_text("about: nothing")
    monkeypatch.setattr(knowledge_base, "FOLDER", tmp_path)
    knowledge_sha256.cache_clear()
    try:
        assert knowledge_sha256() != before
    finally:
        knowledge_sha256.cache_clear()


@pytest.mark.parametrize("name", codebook_names())
def test_every_codebook_maps_to_known_concepts(name):
    book = load_codebook(name)
    labels = (*book.behaviour, *book.cognition, *book.emotion)
    assert {c for label in labels for c in label.concepts} <= set(knowledge().concepts)
    assert any(label.concepts for label in book.emotion)


def test_the_challenges_label_sets_are_complete():
    assert load_codebook("mer6").ids("emotion") == ("neutral", "angry", "happy", "sad", "worried", "surprise")
    assert len(load_codebook("compound").ids("emotion")) == 8
    assert load_codebook("motor").ids("behaviour") == ("monitoring", "controlling", "mixed")
    assert 40 <= len(load_codebook("open").ids("emotion")) <= 60


def test_a_codebook_takes_the_levels_that_it_leaves_out_from_the_default():
    book = load_codebook("mer6")
    assert isinstance(book, Codebook)
    assert book.neutral == {"emotion": "neutral", "cognition": "none_visible"}
    assert "nodding" in book.ids("behaviour")


def test_a_codebook_that_does_not_exist_is_refused():
    with pytest.raises(CodebookError, match="give a YAML file or one of basic"):
        load_codebook("no-such-book")
