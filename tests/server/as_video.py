"""Bytes that are taken for a video by who looks at their ends only."""


def as_video(content: bytes) -> bytes:
    """The content within the ends of a GIF."""
    return b"GIF89a" + content + b";"


CLIP = as_video(b"a clip")
