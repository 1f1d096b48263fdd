"""What bears on the labels is shown to a model first when there is more evidence than room."""

import numpy as np
import pytest
from case_making import saw

from agents.codebook import load_codebook
from agents.showing.evidence_table import fitting, ranked
from agents.showing.relevance import EmbedderError, relevance
from perception.evidence import Evidence

pytest.importorskip("sentence_transformers", reason="the neural extra is not installed")
TOPIC = {"happiness": 0, "smile": 0, "light": 1, "lamp": 1}  # dimension of a word's vector
ROOM = 12_000  # characters


@pytest.fixture(scope="module")
def embedder(tmp_path_factory):
    """A real sentence-transformers model whose words lie on one axis for each topic."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", *TOPIC]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    vectors = np.zeros((len(words), 2), dtype=np.float32)
    for n, word in enumerate(words[1:], start=1):
        vectors[n, TOPIC[word]] = 1.0
    folder = tmp_path_factory.mktemp("embedder")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=vectors)], device="cpu").save(str(folder))
    return str(folder)


def test_what_speaks_of_a_label_is_more_relevant_than_what_does_not(embedder):
    smile = saw("au12").model_copy(update={"text": "a smile"})
    lamp = saw("light").model_copy(update={"text": "a lamp"})
    ranks = relevance([smile, lamp], load_codebook("basic"), embedder)
    assert ranks["au12-1"] == pytest.approx(1.0, abs=0.01)
    assert ranks["light-1"] < 0.5


def test_the_relevant_stays_when_there_is_no_room_for_all(embedder):
    lamps = [saw("light", number=n, confidence=0.9).model_copy(update={"text": "a lamp " * 20}) for n in range(1, 90)]
    smile = saw("au12", confidence=0.5).model_copy(update={"text": "a smile"})
    evidence = Evidence(clip_sha256="0" * 64, duration_s=10, observations=(*lamps, smile))
    assert "au12-1" not in fitting(evidence, ranked(evidence), ROOM)
    relevant = ranked(evidence, relevance(evidence.observations, load_codebook("basic"), embedder))
    assert "au12-1" in fitting(evidence, relevant, ROOM)


def test_an_embedder_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(EmbedderError, match="can't be loaded"):
        relevance([saw("au12")], load_codebook("basic"), str(tmp_path / "nowhere"))
