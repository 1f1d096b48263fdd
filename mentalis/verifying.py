"""`verify()`: statements about a clip, each held true or not by a model and why. Wiring only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agents.checking.verifiable import Unanswered, Unjudged, unanswered
from agents.models.opening import check_model
from agents.pep_mek import MOST_STATEMENTS, Statement
from agents.report import TokenUse
from graphs.events import Event
from graphs.pep_mek import VARIANTS, Question, background
from graphs.pep_mek import Verification as Found
from graphs.pep_mek import verify as verified
from graphs.preparing import prepare
from mentalis.setting_up import set_up, waited_for
from mentalis.settings import SettingsError
from perception.evidence import Frozen, Share

VARIANT = "pep-mek+tools"


class Verified(Frozen):
    """A statement, whether a model holds it to be true, or why none was asked."""

    statement: str
    holds: bool | None  # none: no model was asked
    unjudged: Unjudged | None = None  # because that is never judged, or who or when it tells of is not in the clip
    first: bool | None  # before the explanation
    probability: Share | None = None  # of holding, where the endpoint tells it
    reason: str | None = None  # none where nothing is explained; of what is unjudged, why


class Verification(Frozen):
    """Statements about a clip as a model sees them."""

    model: str
    variant: str
    statements: tuple[Verified, ...]
    notes: tuple[str, ...]  # what the model could not be shown
    tokens: TokenUse


def verify(path: str | Path, statements: Sequence[str], **options: Any) -> Verification:
    """Verify statements about a clip; also inside a running event loop.

    Args:
        path: a video file.
        statements: at most twelve, put to the model together.
        **options: as of `averify`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: the model can't be reached, refuses, or never gives a valid answer.
        MentalisError: an option can't be used.
    """
    return waited_for(averify(path, statements, **options))


async def averify(
    path: str | Path,
    statements: Sequence[str],
    *,
    variant: str = VARIANT,
    on_event: Callable[[Event], None] | None = None,
    **options: Any,
) -> Verification:
    """Verify statements about a clip, without blocking the event loop.

    Args:
        path: a video file.
        statements: at most twelve.
        variant: base, mek, pep, pep-mek, or one with +tools: those are shown measurements.
        on_event: is called with what happens while the clip is measured.
        **options: `transcript`, `tools`, `settings`, and any field of `Settings`, as of `mentalis.stream`.

    Raises:
        ClipError: the file is no readable video.
        ModelError: the model can't be reached, refuses, or never gives a valid answer.
        MentalisError: an option can't be used.
    """
    if variant not in VARIANTS:
        raise SettingsError(f"no variant is called {variant!r}; there are: {', '.join(VARIANTS)}")
    _check(statements)
    setup, _ = await set_up(path, **options)
    try:
        if setup.model is None:
            raise SettingsError("statements are verified by a model: name one with --model or MENTALIS_MODEL")
        await check_model(setup.model)
        case, notes = await prepare(setup, on_event or _untold, background(VARIANTS[variant]))
        named = tuple(Statement(f"s{n}", text) for n, text in enumerate(statements, 1))
        why_not = {s.id: why for s in named if (why := unanswered(s.text, case))}
        asked = tuple(s for s in named if s.id not in why_not)
        question = Question(case, setup.video, setup.model, asked, VARIANTS[variant])
        found = await verified(question) if asked else None
    finally:
        await setup.close()
    return Verification(
        model=setup.model.name,
        variant=variant,
        statements=tuple(_answered(s, why_not.get(s.id), found) for s in named),
        notes=(*notes, *(found.notes if found else ())),
        tokens=found.tokens if found else TokenUse(),
    )


def _check(statements: Sequence[str]) -> None:
    if not 1 <= len(statements) <= MOST_STATEMENTS:
        raise SettingsError(f"{len(statements)} statements were given: give 1 to {MOST_STATEMENTS}")
    if not all(statement.strip() for statement in statements):
        raise SettingsError("a statement is empty: say what is to be verified")


def _answered(statement: Statement, why_not: Unanswered | None, found: Found | None) -> Verified:
    if why_not:
        return Verified(statement=statement.text, holds=None, first=None, unjudged=why_not.what, reason=why_not.why)
    assert found is not None, "what can be judged was asked"
    return Verified(
        statement=statement.text,
        holds=found.final[statement.id],
        first=found.first[statement.id],
        probability=found.probabilities.get(statement.id),
        reason=found.reasons.get(statement.id),
    )


def _untold(event: Event) -> None:
    """Nobody wants to know."""
