"""What is known of signs and their meaning: typed rules from `knowledge/*.yaml`, each with its source.

The offline reasoner scores these rules, the prompts quote them, and the checks of claims apply them.
"""

import hashlib
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from perception.errors import MentalisError
from perception.evidence import Frozen, Share

FOLDER = Path(__file__).parent / "knowledge"
TEXT_CHARACTERS = 8_000  # of knowledge quoted in one prompt, about 2,000 tokens
STRONGEST_RULE = (
    0.6  # no rule from signs to states is surer: expressions alone don't tell feelings (Barrett et al. 2019)
)

Tier = Literal["moderate", "weak", "contested"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class KnowledgeError(MentalisError):
    """A file of the knowledge base that does not exist or does not keep its format."""


class Source(Frozen):
    """A publication, and whether the rules quoted from it were compared with it."""

    cite: str
    checked: Literal["original", "secondary", "no"]


class Concept(Frozen):
    """Something that signs can suggest: a behaviour, a way of thinking, an emotion."""

    words: str
    valence: Annotated[float, Field(ge=-1, le=1)] | None = None
    arousal: Annotated[float, Field(ge=-1, le=1)] | None = None
    apart: str = Field(default="", description="what would tell it from what looks the same")


class Sign(Frozen):
    """One of these kinds of observation, wholly there when its value reaches `full_at` (0: when it is there)."""

    kinds: tuple[str, ...]
    full_at: float


def _signs(written: Any) -> Any:
    """Signs as they are written, `au25/au26: 1.5`, after FACS's own notation."""
    if not isinstance(written, dict):
        return written
    return tuple({"kinds": tuple(kinds.split("/")), "full_at": full_at} for kinds, full_at in written.items())


Signs = Annotated[tuple[Sign, ...], BeforeValidator(_signs)]


class Rule(Frozen):
    """If these signs come together, they suggest a concept, this strongly."""

    id: Id
    concept: str
    says: str
    apart: str = Field(default="", description="as of a concept, where it is another with these signs")
    signs: Annotated[Signs, Field(min_length=1)] = Field(description="that belong to it")
    helps: Signs = Field(default=(), description="that some show as well")
    against: tuple[str, ...] = Field(default=(), description="kinds that make it less likely")
    unless: tuple[str, ...] = Field(default=(), description="kinds that rule it out")
    needs: tuple[str, ...] = Field(default=(), description="signals without which it can't be told")
    alone: bool = Field(default=False, description="only when there is one person in the clip")
    strength: Annotated[float, Field(gt=0, le=STRONGEST_RULE)]
    tier: Tier
    source: str

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind of observation that the rule looks at."""
        signs = {kind for sign in (*self.signs, *self.helps) for kind in sign.kinds}
        return frozenset(signs | set(self.against) | set(self.unless))


class Use(Frozen):
    """An everyday use of a sign that leaves it only a share of its meaning."""

    id: Id
    kinds: tuple[str, ...]
    during: tuple[str, ...]
    keeps: Share
    says: str
    source: str


class Note(Frozen):
    """A fact about kinds of observation that is no rule but must be known to read them."""

    id: Id
    about: tuple[str, ...]
    says: str
    source: str


class Contradiction(Frozen):
    """Signs that do not go with an emotion of this valence."""

    id: Id
    valence: Literal["positive", "negative", "neutral"]
    signs: Signs
    unless: tuple[str, ...] = ()
    says: str
    source: str


class Clash(Frozen):
    """Two concepts that one person can't show at the same time."""

    id: Id
    one: str
    other: str
    says: str
    source: str


class AffectWeights(Frozen):
    """Share of each action unit, scaled to 0-1, in valence and arousal."""

    valence: dict[str, float] = Field(default_factory=dict)
    arousal: dict[str, float] = Field(default_factory=dict)
    source: str = ""


class KnowledgeFile(Frozen):
    """One file of the knowledge base; also the sum of all."""

    about: str = ""
    sources: dict[str, Source] = Field(default_factory=dict)
    concepts: dict[str, Concept] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict, description="kinds of observation in words")
    rules: tuple[Rule, ...] = ()
    uses: tuple[Use, ...] = ()
    notes: tuple[Note, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    clashes: tuple[Clash, ...] = ()
    no_markers: tuple[str, ...] = Field(default=(), description="kinds that say nothing of emotion by themselves")
    affect: AffectWeights = AffectWeights()


def knowledge_names() -> tuple[str, ...]:
    """Names of the files."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def knowledge() -> KnowledgeFile:
    """All files joined into one.

    Raises:
        KnowledgeError: a file breaks the format, an id is used twice, or a source or concept is not defined.
    """
    files = [_file(name) for name in knowledge_names()]
    joined: dict[str, Any] = {}
    for field in KnowledgeFile.model_fields:
        values = [getattr(file, field) for file in files]
        if field == "affect":
            joined[field] = next((v for v in values if v.source), AffectWeights())
        elif isinstance(values[0], dict):
            joined[field] = {key: value for v in values for key, value in v.items()}
        elif isinstance(values[0], tuple):
            joined[field] = tuple(item for v in values for item in v)
    everything = KnowledgeFile.model_validate(joined)
    _check(everything)
    return everything


@cache
def knowledge_sha256() -> str:
    """Hash of all files, for a report's provenance."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def rules_of(concepts: Collection[str]) -> tuple[Rule, ...]:
    """The rules that lead to any of the concepts."""
    return tuple(rule for rule in knowledge().rules if rule.concept in concepts)


@cache
def knowledge_text(names: tuple[str, ...], kinds_present: tuple[str, ...] | None) -> str:
    """What the named files know of the kinds that were observed, as lines for a prompt.

    Files share the room equally; what one does not need is left to those that have more to say.

    Where nothing is told of what was observed (none), it is what they know of all kinds.

    Raises:
        KnowledgeError: no such file.
    """
    files = [_file(name) for name in names]
    told = [_lines(file, _all_kinds(file) if kinds_present is None else set(kinds_present)) for file in files]
    room, shares = TEXT_CHARACTERS, [0] * len(told)
    shortest_first = sorted(range(len(told)), key=lambda n: _length(told[n]))
    for waiting, n in zip(range(len(told), 0, -1), shortest_first, strict=True):
        shares[n] = min(_length(told[n]), room // waiting)
        room -= shares[n]
    return "\n".join(line for lines, share in zip(told, shares, strict=True) for line in _fitting(lines, share))


def in_words(kinds: Collection[str]) -> str:
    """Kinds of observation in words, "cheeks raised (AU6), nods"."""
    return ", ".join(knowledge().words.get(kind, kind.replace("_", " ")) for kind in kinds)


def _all_kinds(file: KnowledgeFile) -> set[str]:
    signs = [sign for rule in file.rules for sign in rule.signs] + [s for c in file.contradictions for s in c.signs]
    named = [*(note.about for note in file.notes), *(use.kinds for use in file.uses), *(sign.kinds for sign in signs)]
    return {kind for kinds in named for kind in kinds}


def _lines(file: KnowledgeFile, present: set[str]) -> list[str]:
    """The file's lines on what is present, the best met rules first."""

    def met(rule: Rule) -> float:
        return sum(not present.isdisjoint(sign.kinds) for sign in rule.signs) / len(rule.signs)

    rules = sorted((r for r in file.rules if met(r) > 0), key=lambda r: (-met(r), -r.strength, r.id))
    lines = [f"- {n.id}: {n.says} [{n.source}]" for n in file.notes if not n.about or present & set(n.about)]
    lines += [f"- {u.id}: {u.says} [{u.source}]" for u in file.uses if present & set(u.kinds)]
    lines += [
        f"- {r.id}: {_written(r)}: {knowledge().concepts[r.concept].words} ({r.tier}) [{r.source}]" for r in rules
    ]
    return lines + [
        f"- {c.id}: {c.says} [{c.source}]" for c in file.contradictions if any(present & set(s.kinds) for s in c.signs)
    ]


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _fitting(lines: Sequence[str], characters: int) -> Sequence[str]:
    """The first lines, as many as so many characters hold."""
    return lines[: next((n for n in range(len(lines)) if _length(lines[: n + 1]) > characters), len(lines))]


def _written(rule: Rule) -> str:
    """A rule's signs in FACS's notation, "AU6 + AU12"."""
    return " + ".join("/".join(k.upper() if k.startswith("au") else k for k in sign.kinds) for sign in rule.signs)


@cache
def _file(name: str) -> KnowledgeFile:
    path = FOLDER / f"{name}.yaml"
    if name not in knowledge_names():
        raise KnowledgeError(f"no knowledge is called {name!r}; there is: {', '.join(knowledge_names())}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        says = content.pop("says", "")  # how every rule of the file speaks that does not speak for itself
        for rule in content.get("rules", ()):
            words = content["concepts"].get(rule["concept"], {}).get("words", rule["concept"])
            rule.setdefault("says", says.format(concept=words))
        return KnowledgeFile.model_validate(content)
    except (OSError, yaml.YAMLError, ValidationError, AttributeError, KeyError, TypeError) as error:
        raise KnowledgeError(f"knowledge {path.name} does not keep the format: {error}") from error


def _check(everything: KnowledgeFile) -> None:
    """Every id is used once; every source and concept is defined."""
    groups = (everything.rules, everything.uses, everything.notes, everything.contradictions, everything.clashes)
    items = [item for group in groups for item in group]
    ids = [item.id for item in items]
    problems = [f"{i} is used twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    problems += [f"{i.id}: source {i.source!r} is not defined" for i in items if i.source not in everything.sources]
    named = [(r.id, r.concept) for r in everything.rules]
    named += [(c.id, concept) for c in everything.clashes for concept in (c.one, c.other)]
    problems += [f"{i}: concept {c!r} is not defined" for i, c in named if c not in everything.concepts]
    if problems:
        raise KnowledgeError(f"the knowledge base is inconsistent: {'; '.join(problems[:5])}")
