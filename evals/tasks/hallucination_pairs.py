"""Pairs of a true and a falsified statement made by rule from labelled text. This is NOT EmotionHallucer.

inspect eval evals/tasks/hallucination_pairs.py -T folder=DATA -T model=NAME -T base_url=URL --model none

The pairs have the shape of EmotionHallucer's ancestor VideoHallucer and are scored alike, but nobody reviewed them:
figures can be compared with one another, and with no published ones.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.pair_files import BASIC, HALLUCINATION, pair_of
from evals.pairs import METRICS, STRATEGIES, item_of, solve
from evals.tasks import emobench as emobench_data
from evals.tasks import meld as meld_data
from evals.tasks import reccon as reccon_data

SEED = 0  # of what is falsified; each pair draws by itself, so that other pairs do not change it
CONTEXT = 8  # utterances before the one in question
FILES = ("EU.jsonl", meld_data.TABLE, *reccon_data.TABLES)  # of EmoBench, MELD and RECCON; at least one
DISTANT = {  # emotions of the other sign, or else of another kind: nobody takes one for the other
    "happiness": ("sadness", "anger", "disgust", "fear"),
    "sadness": ("happiness",),
    "anger": ("happiness",),
    "disgust": ("happiness",),
    "fear": ("happiness",),
    "surprise": ("sadness", "disgust"),
}

Row = dict[str, Any]  # a pair in VideoHallucer's shape


@task
def hallucination_pairs(folder: str, **options: Any) -> Task:
    """Judge both statements of each pair; options as of `mentalis eval run`."""
    return as_task(HALLUCINATION_PAIRS, folder, **options)


def read(folder: Path) -> Sequence[Item]:
    """The pairs that the files in the folder give.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    if not any((folder / name).is_file() for name in FILES):
        raise DatasetError(f"{folder}: there is none of {', '.join(FILES)}; see the tasks emobench_eu, meld and reccon")
    return [_item(folder, row) for row in rows(folder)]


def _item(folder: Path, row: Row) -> Item:
    """A pair as an item, in the language of its text where the source tells it."""
    pair = pair_of(f"{folder}, pair {row['pair']}", row["pair"], row, folder, folder)
    language = row["language"]
    strata = {"source": row["source"], **({"language": language} if language else {})}
    return item_of(pair, row["group"], **strata).model_copy(update={"language": language})


def rows(folder: Path) -> list[Row]:
    """The pairs in VideoHallucer's shape, with the text that they are about.

    Raises:
        DatasetError: naming file, column and what to do.
    """
    made: list[Row] = []
    if (folder / "EU.jsonl").is_file():
        made += [row for item in emobench_data.read_understanding(folder) for row in _of_scenario(item)]
    if (folder / meld_data.TABLE).is_file():
        made += [row for item in meld_data.read(folder) for row in _of_dialogue(item)]
    if any((folder / name).is_file() for name in reccon_data.TABLES):
        made += [row for item in reccon_data.read(folder) for row in _of_causes(item)]
    return made


def _of_scenario(item: Item) -> Iterator[Row]:
    """EmoBench: another of the emotions to choose from, and another of the causes."""
    questions: Any = item.given["questions"]
    statements = {
        "category": ("emotion", "To “{asks}” the right answer is: {option}"),
        "reasoning": ("cause", "To “{asks}” the right answer is: {option}"),
    }
    for category, (name, says) in statements.items():
        asks, options, true = questions[name]["asks"], questions[name]["options"], item.gold[0][name]
        id_ = f"emobench-{item.id}-{name}"
        wrong = _drawn(id_, [option for option in options if option != true])
        said = tuple(says.format(asks=asks, option=option) for option in (true, wrong))
        yield _row(id_, "EmoBench", category, item, len(item.words), said)


def _of_dialogue(item: Item) -> Iterator[Row]:
    """MELD: an emotion far from the one that is shown."""
    for n, emotion in enumerate(item.gold, 1):
        if emotion in DISTANT:
            id_ = f"meld-{item.id}-{n}"
            speaker = item.words[n - 1].speaker or "the speaker"
            wrong = _drawn(id_, DISTANT[emotion])
            said = tuple(f"In the last utterance {speaker} expresses {label}." for label in (emotion, wrong))
            yield _row(id_, "MELD", "category", item, n, said)


def _of_causes(item: Item) -> Iterator[Row]:
    """RECCON: a turn that is no cause of the emotion in place of one that is."""
    gold = item.gold[0]
    causes = gold["turns"]
    told = {item.words[turn - 1].text for turn in causes}  # the same words may be said again
    others = [turn for turn in range(1, gold["of"] + 1) if item.words[turn - 1].text not in told]
    if causes and others:
        id_ = f"reccon-{item.id}"
        true, wrong = _drawn(f"{id_}-true", causes), _drawn(id_, others)
        said = tuple(
            f"The {item.strata['emotion']} in the last turn is caused by what {item.words[turn - 1].speaker} says in: "
            f"“{item.words[turn - 1].text}”"
            for turn in (true, wrong)
        )
        yield _row(id_, "RECCON", "reasoning", item, gold["of"], said)


def _row(id_: str, source: str, category: str, item: Item, until: int, said: tuple[str, ...]) -> Row:
    """A pair about the utterances of an item up to one of them."""
    from_ = max(0, until - 1 - CONTEXT) if source == "MELD" else 0  # a cause may lie far back
    text = [{"speaker": u.speaker, "text": u.text} for u in item.words[from_:until]]
    true, wrong = (
        {"text": text, "question": one, "answer": answer} for one, answer in zip(said, ("yes", "no"), strict=True)
    )
    about = {
        "pair": id_,
        "source": source,
        "group": f"{source} {item.group}",
        "category": category,
        "modality": "text",
        "language": item.language or item.strata.get("language"),
    }
    return {**about, BASIC: true, HALLUCINATION: wrong}


def _drawn(id_: str, options: Sequence[Any]) -> Any:
    return random.Random(f"{SEED} {id_}").choice(options)


HALLUCINATION_PAIRS = Benchmark(
    name="hallucination_pairs",
    about="pairs of a true and a falsified statement made by rule from EmoBench, MELD and RECCON; not EmotionHallucer",
    read=read,
    solve=solve,
    metrics=METRICS,
    strategies=STRATEGIES,
    needs_model=True,
    paired=True,
    layout=f"at least one of {', '.join(FILES)}",
    source="the sources of emobench_eu (MIT), meld (GPL-3.0) and reccon (no licence given)",
)
