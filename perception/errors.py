"""What can go wrong: one clear line each, saying what is wrong with which input and what to do."""


class MentalisError(Exception):
    """Anything that goes wrong here and that the user can do something about."""


class ClipError(MentalisError):
    """A clip that can't be used."""


class ClipMissingError(ClipError):
    """There is no such file, or it can't be opened for reading."""


class NotAVideoError(ClipError):
    """The content is not one of the video formats that are read."""


class NoVideoStreamError(ClipError):
    """The container holds no video stream (audio or a cover picture only)."""


class EncryptedClipError(ClipError):
    """The pictures are encrypted (DRM)."""


class ClipTooLargeError(ClipError):
    """More of something than the limits allow: pixels, pictures, time, sound, streams, bytes."""


class TruncatedClipError(ClipError):
    """The file ends before all that its container promises."""


class CorruptClipError(ClipError):
    """The content is damaged: it can't be read or decoded."""


class PictureError(ClipError):
    """A picture or a sound that no clip can be made of."""


class ViewError(ClipError):
    """A further view that can't be put on the clip's clock."""


class TranscriptError(MentalisError):
    """A transcript that can't be read, or that does not fit the clip."""


class ToolError(MentalisError):
    """A tool that does not exist, can't be loaded or breaks the contract of tools."""


class OptionError(MentalisError):
    """An option that a tool does not have, or a value that it can't take."""


class TrainingDataError(MentalisError):
    """Data to train on that can't be used; file and line are named."""


class Cancelled(MentalisError):
    """The analysis was stopped from outside."""


class WorkerKilled(MentalisError):
    """A worker process that was killed for its memory or time, or that died."""


class DeidentifyError(MentalisError):
    """A clip that can't be de-identified as asked; nothing was written."""
