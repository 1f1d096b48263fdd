"""What the model would be sent with a question whose answers are given."""

from collections.abc import Sequence

from agents.case import Background
from agents.choosing import LETTERS, Question, choosing
from graphs.perceiving import measure
from graphs.preparing import laid_out
from graphs.previewing import Preview, PreviewError, put_together
from graphs.state import Setup


async def preview(question: str, options: Sequence[str], setup: Setup) -> Preview:
    """The messages.

    Raises:
        PreviewError: so many options can't be given.
        ClipError: the clip can't be decoded.
    """
    if not 0 < len(options) <= len(LETTERS):
        raise PreviewError(f"{len(options)} answers to choose from: give 1 to {len(LETTERS)}")
    case, notes = await laid_out(await measure(setup, lambda _: None), setup, Background())
    agent = choosing((Question(id="q1", asks=question, options=tuple(options)),), case.fence)
    return await put_together(agent, case, setup.video, notes=notes)
