"""Which container a file is, told by its first bytes, and what its headers promise before anything is opened."""

import struct
from pathlib import Path
from typing import BinaryIO, Literal

from perception.errors import ClipMissingError, CorruptClipError, NotAVideoError, TruncatedClipError

Container = Literal["mp4", "mov", "matroska", "webm", "avi", "gif"]
DEMUXER: dict[Container, str] = {  # FFmpeg's; naming it keeps FFmpeg from probing for playlists
    "mp4": "mov",
    "mov": "mov",
    "matroska": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "gif": "gif",
}
READABLE = "mp4, mov, webm, mkv, avi and gif are read"
HEAD_BYTES = 4096
TAIL_BYTES = 64
BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp", b"sidx", b"mfra")
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
GIF_TRAILER = b"\x3b"
UNKNOWN_RIFF_BYTES = (0, 0xFFFFFFFF)  # what a recorder writes that can't go back to fill it in


def identify(path: Path) -> Container:
    """Tell the container by its content, and check that the file is as long as its headers promise.

    Raises:
        ClipMissingError: no such file, not a regular file, or not readable.
        NotAVideoError: empty, or none of the containers that are read.
        TruncatedClipError: shorter than its headers promise.
    """
    if not path.exists():
        raise ClipMissingError(f"{path}: there is no such file; check the path")
    if not path.is_file():
        raise ClipMissingError(f"{path}: a {'folder' if path.is_dir() else 'device'}, not a file; give a video file")
    try:
        with path.open("rb") as file:
            return _identify(path, file, path.stat().st_size)
    except PermissionError as error:
        raise ClipMissingError(f"{path}: no permission to read it; change its permissions") from error
    except OSError as error:
        raise ClipMissingError(f"{path}: can't be read ({error.strerror})") from error


def declared_size(path: Path, container: Container) -> tuple[int, int]:
    """Width and height in pixels that the container's header names, (0, 0) where it names none.

    The coded pictures may differ: this only tells the absurd before a decoder sees it.

    Raises:
        CorruptClipError: a header that can't be followed.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        try:
            if container == "gif":
                return struct.unpack_from("<HH", head, 6)
            if container == "avi":  # RIFF and LIST headers of 12 bytes each, avih's of 8, then eight numbers
                return struct.unpack_from("<II", head, 64)
            if container in ("mp4", "mov"):
                return _largest_track(file, 0, path.stat().st_size)
        except struct.error as error:
            raise CorruptClipError(f"{path}: its header is damaged; get an intact copy") from error
    return 0, 0


def boxes(file: BinaryIO, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """Kind, start of the content and end of each box (ISO 14496-12) between two places of a file."""
    found = []
    while start + 8 <= end:
        file.seek(start)
        header = file.read(16)
        length, kind = struct.unpack_from(">I4s", header)
        content = start + 8
        if length == 1 and len(header) == 16:  # the length follows in 64 bits
            (length,) = struct.unpack_from(">Q", header, 8)
            content = start + 16
        stop = end if length == 0 else start + length
        found.append((kind, content, stop))
        if stop < content:
            break
        start = stop
    return found


def _identify(path: Path, file: BinaryIO, size: int) -> Container:
    head = file.read(HEAD_BYTES)
    if not head:
        raise NotAVideoError(f"{path}: the file is empty; get an intact copy")
    container = _told_by(head)
    if container is None:
        what = "text" if head.isascii() and b"\0" not in head else "no video that is known"
        raise NotAVideoError(f"{path}: the content is {what}; {READABLE}")
    promised = _promised_bytes(container, head, file, size)
    if promised > size:
        raise TruncatedClipError(f"{path}: cut short, {size} of {promised} bytes are there; get a complete copy")
    return container


def _told_by(head: bytes) -> Container | None:
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == EBML:
        return "webm" if b"webm" in head[:64] else "matroska"
    if head[4:8] in BOXES:
        return "mp4" if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else "mov"
    return None


def _promised_bytes(container: Container, head: bytes, file: BinaryIO, size: int) -> int:
    """How long the file must be at least by its own headers; 0 where they do not say."""
    if container == "gif":
        file.seek(max(0, size - TAIL_BYTES))
        return 0 if file.read().rstrip(b"\0").endswith(GIF_TRAILER) else size + 1
    if container == "avi":
        (length,) = struct.unpack_from("<I", head, 4)
        return 0 if length in UNKNOWN_RIFF_BYTES else length + 8
    if container in ("matroska", "webm"):
        return _segment_end(head)
    return max((end for kind, _, end in boxes(file, 0, size) if kind in BOXES), default=0)


def _segment_end(head: bytes) -> int:
    """Where Matroska's one Segment ends (RFC 8794, RFC 9559); 0 for a live recording, which does not know."""
    at = head.find(SEGMENT)
    if at < 0 or at + 12 > len(head):
        return 0
    first = head[at + 4]
    width = 9 - first.bit_length()  # leading zero bits tell how many bytes follow
    length = int.from_bytes(head[at + 4 : at + 4 + width]) & ((1 << 7 * width) - 1)
    unknown = length == (1 << 7 * width) - 1
    return 0 if unknown else at + 4 + width + length


def _largest_track(file: BinaryIO, start: int, end: int) -> tuple[int, int]:
    largest = (0, 0)
    for kind, content, stop in boxes(file, start, end):
        size = (0, 0)
        if kind in (b"moov", b"trak"):
            size = _largest_track(file, content, min(stop, end))
        elif kind == b"tkhd":  # its last eight bytes are width and height in 16.16 fixed point
            file.seek(stop - 8)
            width, height = struct.unpack(">II", file.read(8))
            size = (width >> 16, height >> 16)
        largest = max(largest, size, key=lambda s: s[0] * s[1])
    return largest
