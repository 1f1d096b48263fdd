"""A clip: an opened, probed and validated video file with its transcript."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr

from perception.container import Container, identify
from perception.evidence import Frozen, Seconds
from perception.frame import Frame
from perception.probe import Limits, Probe, probe
from perception.transcripts import Utterance, read_transcript

__all__ = ["Clip", "Limits", "Utterance", "View"]


class View(Frozen):
    """A further camera on the same scene; `views.add_view` puts it on the clip's clock."""

    path: Path
    sha256: str = Field(description="of the file's bytes")
    offset_s: float = Field(description="when its first picture was taken, on the clip's clock; may be negative")


class Clip(Frozen):
    """A video file that can be used; it never holds its pictures, it iterates over them.

    Time 0 is when the first picture is shown; sound and words are on the same clock.
    """

    path: Path
    sha256: str = Field(description="of the file's bytes")
    container: Container
    codec: str
    duration_s: Annotated[Seconds, Field(gt=0, description="the last picture's time plus its duration")]
    fps: Annotated[float, Field(gt=0, description="pictures a second, on average")]
    width: Annotated[int, Field(gt=0, description="pixels as displayed, after rotation")]
    height: Annotated[int, Field(gt=0)]
    n_frames: Annotated[int, Field(gt=0, description="pictures that the container promises")]
    has_audio: bool
    rotation: int = Field(description="degrees clockwise that the stored picture is turned for display")
    variable_frame_rate: bool
    transcript: tuple[Utterance, ...] = ()
    transcript_language: str | None = Field(default=None, description="BCP 47 tag, when the transcript says it")
    views: tuple[View, ...] = Field(default=(), description="further cameras on the same scene")
    _probe: Probe | None = PrivateAttr(default=None)
    _limits: tuple[Any, ...] | None = PrivateAttr(default=None)  # of the process that decodes it; see `isolation`

    @classmethod
    def open(cls, path: Path | str, transcript: Path | str | None = None, limits: Limits | None = None) -> Self:
        """Open a video file: mp4, mov, webm, mkv, avi or gif, told by its content.

        Args:
            path: the video file.
            transcript: SRT, WebVTT, JSON or plain text of what is said; none is looked for.
            limits: what is refused before it is decoded.

        Raises:
            ClipError: the file can't be used; its subclasses and its one line say why.
            TranscriptError: the transcript can't be read or does not fit the clip.
        """
        path = Path(path)
        container = identify(path)
        found = probe(path, container, limits or Limits())
        index = found.index
        words = read_transcript(Path(transcript), index.duration_s) if transcript is not None else None
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        clip = cls(
            path=path,
            sha256=sha256,
            container=container,
            codec=found.codec,
            duration_s=index.duration_s,
            fps=len(index.times_s) / index.duration_s,
            width=found.width,
            height=found.height,
            n_frames=len(index.times_s),
            has_audio=found.has_audio,
            rotation=found.rotation,
            variable_frame_rate=index.variable,
            transcript=words.utterances if words else (),
            transcript_language=words.language if words else None,
        )
        clip._probe = found
        return clip

    def frames(self) -> Iterator[Frame]:
        """Decode the pictures in order, one at a time, by a reader of its own.

        Raises:
            CorruptClipError: a picture can't be decoded.
            TruncatedClipError: fewer pictures can be read than the container promises.
        """
        from perception.decode import read_frames

        return read_frames(self.path, self.container, self._probed())

    def frames_at(self, times_s: Sequence[float]) -> Iterator[Frame]:
        """The pictures on screen at these times (ascending), without decoding the whole clip where that can be.

        Raises:
            CorruptClipError: a picture can't be decoded.
            TruncatedClipError: fewer pictures can be read than the container promises.
        """
        from perception.decode import read_frames_at

        return read_frames_at(self.path, self.container, self._probed(), times_s)

    def audio(self, rate_hz: int = 16_000) -> npt.NDArray[np.float32] | None:
        """Sound as one channel in [-1, 1]; sample i is at i / rate_hz. None when the clip has no sound.

        Raises:
            CorruptClipError: the sound can't be decoded.
        """
        from perception.audio import read_audio

        if not self.has_audio:
            return None
        return read_audio(self.path, self.container, self._probed().index, rate_hz)

    @property
    def frame_times_s(self) -> npt.NDArray[np.float64]:
        """When each picture is shown, shape (n_frames,)."""
        return self._probed().index.times_s

    def without_words(self) -> Self:
        """The clip as if no transcript had been given."""
        return self.model_copy(update={"transcript": (), "transcript_language": None})

    def _probed(self) -> Probe:
        return self._probe or probe(self.path, self.container, Limits())

    def __eq__(self, other: object) -> bool:  # the probe, which a clip read from JSON lacks, is no part of its value
        return isinstance(other, Clip) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.sha256)
