"""What the model would be sent with the first question of a chat about an analysed clip."""

from agents.chat_history import ChatHistory
from agents.searching.follow_up import understood
from agents.searching.question import read_question
from graphs.chat_asking import questioned, turn
from graphs.chat_setup import Chat
from graphs.previewing import Preview, PreviewError, put_together


async def preview(question: str, about: Chat) -> Preview:
    """The messages; without a model those that one which takes no pictures would be sent.

    Raises:
        PreviewError: no model would be asked this.
        ClipError: the clip can't be decoded.
    """
    if read_question(understood(question, None, about.report), about.report).refused is not None:
        raise PreviewError("chat would not be asked: the question is about what is not judged here, whoever asks")
    history, said, notes = await questioned(question, ChatHistory(clip_sha256=about.report.clip.sha256), about)
    agent, case, turns = await turn(said, history, about, about.limits.frames)
    return await put_together(agent, case, about.clip, turns, notes)
