"""Questions about a report are answered by what is in it, with citations, and with nothing that is not."""

import re

import numpy as np
import pytest
from case_making import claim, face, make_case, saw
from measured_once import knowing

import mentalis
from agents.report import Failure, Person, Provenance, Report
from agents.searching.question import read_question
from agents.searching.retrieval import answer_by_retrieval, search
from perception.clip import Utterance
from perception.evidence import Abstention, ToolRun

CLOSING = "No language model was asked: this is what a search of the report found."
TOOLS = ("faces", "action_units", "blinks", "head_gestures", "rppg", "speech", "speakers")


def report_of(*observations, claims=(), people=("P1",), said=(), abstentions=(), failures=(), tools=TOOLS):
    """A report of ten seconds in which these things were found."""
    case = make_case(*observations, people=people)
    runs = tuple(ToolRun(tool=tool, version="1", status="ok") for tool in tools)
    evidence = case.evidence.model_copy(update={"tools": runs, "abstentions": tuple(abstentions)})
    spoken = tuple(Utterance(start_s=start_s, end_s=end_s, text=text) for start_s, end_s, text in said)
    return Report(
        clip=case.clip.model_copy(update={"transcript": spoken}),
        people=tuple(Person(id=p, first_seen_s=0, last_seen_s=10, visible_s=10) for p in people),
        claims=claims, narrative="-", failures=failures, caveats=("-",), conventions={}, evidence=evidence,
        provenance=Provenance(
            mentalis_version="0", graph="g", strategy="cascade", reasoner="knowledge", codebook="basic",
            codebook_sha256="-",
            prompts_sha256="-", knowledge_sha256="-", seed=0,
        ),
    )  # fmt: skip


def worded(text, kind, *args, **changes):
    return saw(kind, *args, **changes).model_copy(update={"text": text})


@pytest.fixture
def report():
    """Two people: one blinks, smiles and has a pulse, the other nods; the words are about a bus."""
    blinks = [worded("P1 blinks (AU45)", "blink", at, at + 0.2, number=n) for n, at in enumerate((1.0, 3.0, 8.0), 1)]
    return report_of(
        face(), face("P2", number=2), *blinks,
        worded("P1: lip corners pulled up (AU12), about D, 5.0-7.0 s", "au12", 5.0, 7.0, 3.6),
        worded("P1's pulse is about 72 beats a minute, 0.0-10.0 s", "heart_rate", 0.0, 10.0, 72.4),
        worded("P2 nods (2x, 15 degrees), 2.0-3.0 s", "nod", 2.0, 3.0, person="P2"),
        people=("P1", "P2"),
        claims=(
            claim("emotion", "happiness", "au12-1", start_s=5.0, end_s=7.0, confidence=0.23),
            claim("cognition", "agreeing", "nod-1", start_s=2.0, end_s=3.0, confidence=0.31, person="P2"),
        ),
        said=((0.5, 4.0, "I was worried that the bus would not come."), (5.0, 9.0, "Then my sister arrived.")),
        abstentions=(Abstention(tool="rppg", person="P2", reason="the face of P2 moves too much"),
                     Abstention(tool="speakers", reason="who speaks is unclear")),
        failures=(Failure(stage="prosody", what="the sound could not be decoded"),),
    )  # fmt: skip


def test_how_many_is_answered_by_the_count_and_cites_each(report):
    answer = answer_by_retrieval("How many times does P1 blink?", report)
    assert answer.text.startswith("Blinks found for P1: 3 (1.0 s [blink-1], 3.0 s [blink-2], 8.0 s [blink-3]).")
    assert answer.citations == ("blink-1", "blink-2", "blink-3")
    assert answer.text.endswith(CLOSING)
    assert answer.method == "bm25"


def test_nods_that_are_observed_together_are_counted_each(report):
    assert "Nods found for P2: 2 (" in answer_by_retrieval("How many times does P2 nod?", report).text


def test_only_what_is_of_the_time_asked_for_is_counted(report):
    assert answer_by_retrieval("how many blinks in the first 4 seconds?", report).citations == ("blink-1", "blink-2")


def test_when_is_answered_by_the_first_in_order_of_time_and_how_many_more_there_are():
    blinks = [
        worded("P1 blinks (AU45)", "blink", at, at + 0.2, number=at).model_copy(update={"confidence": 0.8 + at / 100})
        for at in range(1, 7)
    ]
    rate = worded("P1 blinks 36 times a minute", "blink_rate", 0.0, 10.0, 36.0)
    answer = answer_by_retrieval("When does P1 blink?", report_of(face(), *blinks, rate))
    assert answer.citations == ("blink-1", "blink-2", "blink-3")
    assert "The report has 3 more." in answer.text
    few = answer_by_retrieval("When does P1 blink?", report_of(face(), *blinks[:4], rate))
    assert few.citations == ("blink-1", "blink-2", "blink-3", "blink-4")
    assert "more" not in few.text
    best = answer_by_retrieval("Does P1 blink?", report_of(face(), *blinks, rate))
    shown = sum(id_ != "blink_rate-1" for id_ in best.citations)
    assert f"The report has {6 - shown} more." in best.text, "a rate is no blink"


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("Tell me more about blink-2", ("blink-2",)),
        ("What are blink-3 and P1-emotion-1?", ("P1-emotion-1", "blink-3")),
        ("What is abstention-1?", ("abstention-1",)),
    ],
)
def test_what_is_named_by_its_id_is_told_alone_and_found_first(report, question, cited):
    assert answer_by_retrieval(question, report).citations == cited
    assert {hit.id for hit in search(question, report)[: len(cited)]} == set(cited)


def test_the_pulse_is_told_as_it_was_measured_for_one_and_why_it_is_missing_for_the_other(report):
    assert "72 beats a minute, 0.0-10.0 s [heart_rate-1]" in answer_by_retrieval("P1's heart rate?", report).text
    missing = answer_by_retrieval("Why was no pulse measured for person 2?", report)
    assert missing.text.startswith("The report shows no pulse for P2. The tool rppg abstained for P2: the face of P2")
    assert missing.citations == ("abstention-1",)


def test_a_feeling_is_told_as_what_the_expression_suggests_and_how_surely(report):
    answer = answer_by_retrieval("What does P1 feel?", report)
    assert answer.text.startswith(
        "P1, 5.0-7.0 s: the expression suggests happiness, from lip corners pulled up (AU12) (confidence 0.23) "
        "[P1-emotion-1]."
    )
    assert answer.citations == ("P1-emotion-1",)


def test_what_is_weak_beside_the_best_is_left_out():
    reasons = ("no pace of breathing stands out in 14 s of pulse", "variability of the heart rate needs 30 s")
    report = report_of(
        saw("au12"), face(),
        claims=(claim("emotion", "happiness", "au12-1"), claim("emotion", "neutral", "face_visible-1", number=2)),
        abstentions=[Abstention(tool="rppg", person="P1", reason=reason) for reason in reasons],
    )  # fmt: skip
    assert answer_by_retrieval("Why was his breathing not measured?", report).citations == ("abstention-1",)
    assert answer_by_retrieval("Which emotions?", report).citations == ("P1-emotion-1",)
    report = report_of(said=((0, 1, "The bus drivers are on strike."), (2, 3, "I know every bus in this old town.")))
    assert answer_by_retrieval("Was there a strike of bus drivers?", report).citations == ("utterance@0.00",)


def test_a_warning_of_what_looks_alike_is_not_taken_for_a_claim():
    text = "The expression suggests surprise. Brows also stress words; fear looks alike."
    report = report_of(saw("au2"), claims=(claim("emotion", "surprise", "au2-1", text=text),))
    assert search("Is he stressed or fearful?", report) == ()


@pytest.mark.parametrize("question", ["What is said about the bus?", "when did he mention the buses", "why a bus?"])
def test_words_are_found_in_the_transcript(report, question):
    assert search(question, report)[0].id == "utterance@0.50"
    assert answer_by_retrieval(question, report).citations == ("utterance@0.50",)


def test_an_utterance_that_a_tool_observed_is_found_once():
    report = report_of(worded("P1 says: “A bus!”", "utterance", 1.0, 2.0), said=((1.0, 2.0, "A bus!"),))
    assert [hit.id for hit in search("bus", report)] == ["utterance-1"]


def test_who_speaks_is_told_to_be_unclear_when_it_is(report):
    assert answer_by_retrieval("Who is speaking?", report).citations == ("abstention-2",)


def test_what_failed_is_found(report):
    assert "prosody failed: the sound could not be decoded" in {h.text for h in search("What went wrong?", report)}


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("at 6 s", (5.5, 6.5)), ("between 2 and 5 seconds", (2, 5)), ("from 1.5s to 2s?", (1.5, 2)),
        ("0:06", (5.5, 6.5)), ("in the first 3 seconds", (0, 3)), ("the last two seconds", (8, 10)),
        ("at the end", (8, 10)), ("at the beginning", (0, 2)), ("after 4 s", (4, 10)), ("before 0:04", (0, 4)),
        ("from 0:02 to 0:05", (2, 5)), ("at 6000 ms", (5.5, 6.5)), ("at minute 3", (179.5, 180.5)),
        ("from 4 s on", (4, 10)), ("at 3 s and at 5 s", (2.5, 5.5)), ("for 3 s at 6 s", (5.5, 6.5)),
    ],
)  # fmt: skip
def test_times_are_read_as_people_write_them(report, question, window):
    assert read_question(f"What happens {question}", report).window == pytest.approx(window)


@pytest.mark.parametrize(
    "question",
    ["P2?", "and P2?", "And P2's?", "what about P2", "How about between 2 and 5 s?", "at 0:05?", "and does P2, too?",
     "and in the first 3 seconds?", "when does P2?", "and he, at 5 s?", "what about the second person, at the end?"],
)  # fmt: skip
def test_who_or_when_alone_leans_on_the_question_before(report, question):
    assert read_question(question, report).leans


@pytest.mark.parametrize(
    "question",
    ["What can be seen at 5 s?", "What happens between 5 and 8 seconds?", "Describe what happens at 5 s",
     "What does P2 do?", "Tell me about P2", "Show me P2", "How does P2 look at 5 s?", "Summarise the first 3 seconds",
     "Does P2 nod?", "Where is P2?", "Is P2 there?", "and why?"],
)  # fmt: skip
def test_a_question_that_says_more_does_not(report, question):
    assert not read_question(question, report).leans


def test_a_time_leaves_only_what_happens_then(report):
    hits = search("what happens at 2.5 s?", report)
    assert {"P2-cognition-1", "nod-1", "utterance@0.50"} <= {h.id for h in hits}
    assert all(h.start_s <= 3 and h.end_s >= 2 for h in hits)


@pytest.mark.parametrize("whom", ["P2", "person 2", "the second person", "person two"])
def test_a_person_leaves_only_what_is_of_them_or_of_all(report, whom):
    assert {h.person for h in search(f"What happens with {whom}?", report)} == {"P2", None}


def test_scores_fall_and_stay_between_0_and_1(report):
    scores = [hit.score for hit in search("What happens to P1?", report, most=5)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= 1
    assert scores[-1] > 0


@pytest.mark.parametrize("question", ["What colour is the carpet?", "What is said about football?", "?"])
def test_what_the_report_has_nothing_on_is_said_so(report, question):
    answer = answer_by_retrieval(question, report)
    assert answer.text == f"A search of the report by these words, which must be English, finds nothing. {CLOSING}"
    assert answer.citations == ()


@pytest.mark.parametrize("question", ["What does the person do?", "What has he done?", "What did they do?"])
def test_what_somebody_does_is_told_of_all_sorts(report, question):
    told = answer_by_retrieval(question, report).citations
    assert {c.id for c in report.claims}.intersection(told)
    assert {o.id for o in report.evidence.observations}.intersection(told)


def test_looked_for_and_not_found_differs_from_not_looked_for(report):
    assert answer_by_retrieval("Does P1 frown?", report).text.startswith("The report shows no frowns for P1.")
    without = report_of(face(), tools=("faces",))
    assert "was not run" in answer_by_retrieval("Does P1 frown?", without).text


def test_words_beside_the_topic_do_not_make_it_vanish(report):
    assert "au12-1" in answer_by_retrieval("Does he smile when he talks of his sister?", report).citations


def test_nobody_of_that_name_and_a_time_after_the_end_are_said(report):
    assert "no P3 in the report; there are P1, P2" in answer_by_retrieval("What does P3 feel?", report).text
    assert "ends at 10.0 s" in answer_by_retrieval("What happens at 0:45?", report).text


@pytest.mark.parametrize(
    "question",
    ["Is he lying?", "Is P1 honest?", "Does she suffer from depression?", "Who is this man?", "What is her ethnicity?",
     "Is he autistic", "is that a deceptive smile", "How old is P1?"],
)  # fmt: skip
def test_honesty_health_identity_and_origin_are_not_judged(report, question):
    answer = answer_by_retrieval(question, report)
    assert re.fullmatch(r"Nothing here can tell [\w', ]+, and it is not judged\.", answer.text)
    assert answer.citations == ()


@pytest.mark.parametrize("question", ["Is his face covered?", "Does he hide his face?", "Is he hiding the mouth?"])
def test_a_hand_at_the_face_is_found(question):
    report = report_of(worded("P1 covers the face with a hand", "cover_face"))
    assert answer_by_retrieval(question, report).citations == ("cover_face-1",)


def test_an_empty_report_answers_too():
    assert "finds nothing" in answer_by_retrieval("What is said about the bus?", report_of()).text
    assert search("bus", report_of(said=((0, 1, "No."),))) == ()


def test_an_embedder_finds_what_shares_no_word(report, tmp_path):
    pytest.importorskip("sentence_transformers", reason="the neural extra is not installed")
    folder = embedder(tmp_path, {"vehicle": 0, "bus": 0, "sister": 1})
    assert search("vehicle", report) == ()
    assert [hit.id for hit in search("vehicle", report, embedder=folder)] == ["utterance@0.50"]
    answer = answer_by_retrieval("vehicle", report, embedder=folder)
    assert (answer.method, answer.citations) == ("embedding", ("utterance@0.50",))


def embedder(folder, topics):
    """A real sentence-transformers model whose words lie on one axis for each topic; all others on none."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", *topics]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    vectors = np.zeros((len(words), 2), dtype=np.float32)
    for n, axis in enumerate(topics.values(), start=1):
        vectors[n, axis] = 1.0
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=vectors)], device="cpu")
    model.save(str(folder))
    return str(folder)


@pytest.mark.slow
def test_every_number_and_citation_in_an_answer_is_one_of_the_reports(demo, tmp_path):
    report = mentalis.analyze(demo.clip, transcript=demo.transcript, data=knowing(tmp_path))
    ids = {c.id for c in report.claims} | {o.id for o in report.evidence.observations}
    ids |= {f"abstention-{n + 1}" for n in range(len(report.evidence.abstentions))}
    spans = [*report.claims, *report.evidence.observations]
    known = {f"{t:.1f}" for item in spans for t in (item.start_s, item.end_s)} | {"14.0"}
    known |= {f"{c.confidence:.2f}" for c in report.claims}
    texts = [*(o.text for o in report.evidence.observations), *(a.reason for a in report.evidence.abstentions)]
    known |= {number for text in texts for number in re.findall(r"\d+(?:\.\d+)?", text)}
    asked = ("What is the heart rate?", "What does P1 feel?", "When does he smile?", "What is said?", "Who speaks?",
             "Why was breathing not measured?", "What happens at 3 s?", "Summarise the clip.")  # fmt: skip
    for question in asked:
        answer = answer_by_retrieval(question, report)
        assert answer.citations, question
        assert set(answer.citations) <= ids
        assert all(f"[{i}]" in answer.text for i in answer.citations)
        told = re.sub(r"\[[^\]]+\]", "", answer.text)
        assert set(re.findall(r"\d+(?:\.\d+)?", told)) - {"1"} <= known, question
    assert answer_by_retrieval("How many blinks?", report).text.startswith("Blinks found for P1: 3 (")


@pytest.mark.parametrize(("asked", "shown"), [("AU11", "au1"), ("AU22", "au2"), ("AU99", "au9"), ("AU44", "au4")])
def test_an_action_unit_with_a_doubled_digit_is_not_the_single_one(asked, shown):
    answer = answer_by_retrieval(f"Does {asked} occur?", report_of(face(), saw(shown)))
    assert f"The report shows no {asked}" in answer.text
    assert answer.citations == ()


@pytest.mark.parametrize("question", ["Is there anyone else?", "Does somebody else smile?", "Who else is there?"])
def test_there_is_nobody_else_where_there_is_one(question):
    alone = report_of(face(), saw("au12", 1, 2))
    assert answer_by_retrieval(question, alone).text.startswith("There is nobody else in the report; there is P1.")
    pair = report_of(face(), face("P2", number=2), saw("au12", 1, 2), people=("P1", "P2"))
    assert "nobody else" not in answer_by_retrieval(question, pair).text


def test_nobody_is_not_counted_as_none():
    nobody = report_of(people=(), abstentions=[Abstention(tool="faces", reason="no face was found")])
    told = answer_by_retrieval("How many people are there?", nobody).text
    assert told.startswith("The report shows no people. The tool faces abstained: no face was found [abstention-1].")


def test_what_was_not_measured_is_asked_of_us_as_well():
    blind = report_of(face(), abstentions=[Abstention(tool="rppg", person="P1", reason="too dark")])
    assert "too dark" in answer_by_retrieval("What did you not measure?", blind).text


@pytest.mark.parametrize(("half", "window"), [("first", (0, 5)), ("second", (5, 10))])
def test_halves_of_the_clip_are_times(half, window):
    assert read_question(f"Does P1 smile in the {half} half?", report_of(face())).window == window
