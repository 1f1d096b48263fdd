"""How a clip is put to a model: as video, frames or text, and how much of it; the same for all agents of a clip."""

from typing import Literal

from perception.evidence import Frozen

Way = Literal["video", "frames", "text"]
FrameChoice = Literal["evidence", "uniform"]
WAYS: tuple[Way, ...] = ("video", "frames", "text")  # each falls back on the next
FRAMES = 8  # the setting of MOTOR-MAS (Yuan et al. 2026)
TRANSCRIPT_CHARACTERS = 6_000  # at most, about 1,500 tokens


class Wanted(Frozen):
    """What a user wants a model to be shown."""

    media: Literal["auto", "video", "frames", "text"] = "auto"
    frames: int = FRAMES
    frame_choice: FrameChoice = "evidence"
    evidence: bool = True  # measurements too


class Presentation(Frozen):
    """What a model is shown of a clip. The pictures on screen at `moments_s` are what a claim may cite as frames."""

    way: Way = "text"
    moments_s: tuple[float, ...] = ()
    sound_s: float = 0.0  # of the clip's sound, from its beginning
    evidence: bool = True  # measurements are shown at all
    shown: tuple[str, ...] | None = None  # ids of observations, the best first; none: not chosen yet
    transcript_characters: int = TRANSCRIPT_CHARACTERS
    knowledge: bool = True  # what is known of such signs in general is told
