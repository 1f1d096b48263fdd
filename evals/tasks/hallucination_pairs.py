"""Pairs of a true and a falsified statement made by rule from labelled text. This is NOT EmotionHallucer.

inspect eval evals/tasks/hallucination_pairs.py -T folder=DATA -T model=NAME -T base_url=URL --model none

The pairs have the shape of EmotionHallucer's ancestor VideoHallucer and are scored alike, but nobody reviewed them:
figures can be compared with one another, and with no published ones. Each emotion is as often falsely claimed as truly,
so that whoever looks at the emotion alone is right in half of the questions; pairs that would upset this are left out.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task

from evals.balancing import balanced
from evals.benchmark import Benchmark, Item
from evals.errors import DatasetError
from evals.inspecting import as_task
from evals.pair_files import BASIC, HALLUCINATION, pair_of
from evals.pairs import METRICS, STRATEGIES, item_of, solve
from evals.tasks import emobench as emobench_data
from evals.tasks import meld as meld_data
from evals.tasks import reccon as reccon_data

SEED = 0  # of what is falsified; each cause draws by itself, the emotions of a source together
CONTEXT = 8  # utterances before the one in question
FILES = ("EU.jsonl", meld_data.TABLE, *reccon_data.TABLES)  # of EmoBench, MELD and RECCON; at least one
EMOTIONS = frozenset(meld_data.LABELS.values()) - {"neutral"}  # of MELD: nobody can say that nothing is shown
# Taken for one another even by people who look (Ekman & Friesen 1976), and rare. Happiness and surprise have to be
# drawn for each other: else their false labels are all negative, and a yes to both, unread, has half of the pairs.
CLOSE = ({"anger", "disgust"}, {"fear", "surprise"})

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
        made += _of_scenarios(emobench_data.read_understanding(folder))
    if (folder / meld_data.TABLE).is_file():
        made += _of_dialogues(meld_data.read(folder))
    if any((folder / name).is_file() for name in reccon_data.TABLES):
        made += [row for item in reccon_data.read(folder) for row in _of_causes(item)]
    return made


def _of_scenarios(items: Sequence[Item]) -> Iterator[Row]:
    """EmoBench: another of the emotions to choose from, and another of the causes."""
    asked = [item.given["questions"] for item in items]
    true = [item.gold[0]["emotion"] for item in items]
    wrong = balanced(true, [questions["emotion"]["options"] for questions in asked], SEED)
    for item, questions, emotion in zip(items, asked, wrong, strict=True):
        if emotion is not None:
            yield _of_choice(item, questions, "emotion", emotion)
        options = [option for option in questions["cause"]["options"] if option != item.gold[0]["cause"]]
        yield _of_choice(item, questions, "cause", _drawn(f"emobench-{item.id}-cause", options))


def _of_choice(item: Item, questions: Any, name: str, wrong: str) -> Row:
    asks, category = questions[name]["asks"], {"emotion": "category", "cause": "reasoning"}[name]
    options = (item.gold[0][name], wrong)
    said = tuple(f"To “{asks}” the right answer is: {option}" for option in options)
    return _row(f"emobench-{item.id}-{name}", "EmoBench", category, item, len(item.words), said)


def _of_dialogues(items: Sequence[Item]) -> Iterator[Row]:
    """MELD: another emotion than the one that is shown, and none close to it."""
    shown = [(item, n, label) for item in items for n, label in enumerate(item.gold, 1) if label in EMOTIONS]
    falsified = balanced([label for *_, label in shown], [may_replace(label) for *_, label in shown], SEED)
    for (item, n, emotion), wrong in zip(shown, falsified, strict=True):
        if wrong is not None:
            speaker = item.words[n - 1].speaker or "the speaker"
            said = tuple(f"In the last utterance {speaker} expresses {label}." for label in (emotion, wrong))
            yield _row(f"meld-{item.id}-{n}", "MELD", "category", item, n, said)


def may_replace(emotion: str) -> frozenset[str]:
    """The emotions that a statement may wrongly claim instead of one that is shown."""
    return frozenset(other for other in EMOTIONS if other != emotion and {emotion, other} not in CLOSE)


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
