"""A clip coded anew with a text written across the top of every frame; its sound is kept."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

LINES, LINE_SHARE = 3, 0.05  # of the board, whatever the text, and a line's share of the picture's height
CRF = "18"  # of H.264: little is lost


def write_on_frames(source: Path, text: str, path: Path) -> Path:
    """Write the text onto each frame, black on white, as much of it as three lines hold."""
    import av

    with av.open(str(source)) as file, av.open(str(path), "w") as out:
        pictures, sounds = file.streams.video[0], file.streams.audio[:1]
        width, height = pictures.width // 2 * 2, pictures.height // 2 * 2
        coder: Any = out.add_stream("libx264", rate=pictures.average_rate, options={"crf": CRF})
        coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
        coder.time_base = coder.codec_context.time_base = pictures.time_base
        kept = {stream.index: out.add_stream_from_template(stream) for stream in sounds}
        board = written(text, width, height)
        packet: Any  # PyAV's types join pictures, sounds and subtitles
        for packet in file.demux([pictures, *sounds]):
            if packet.stream.type == "audio":
                if packet.dts is not None:
                    packet.stream = kept[packet.stream.index]
                    out.mux(packet)
                continue
            for frame in packet.decode():
                rgb = frame.to_ndarray(format="rgb24")[:height, :width].copy()
                rgb[: len(board)] = board
                drawn = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                drawn.pts, drawn.time_base = frame.pts, frame.time_base
                out.mux(coder.encode(drawn))
        out.mux(coder.encode(None))
    return path


def written(text: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A white board as wide as the picture, with the text in lines (board's height x width x RGB)."""
    import textwrap

    from PIL import Image, ImageDraw, ImageFont

    size = max(10, round(height * LINE_SHARE))
    font = ImageFont.load_default(size)
    lines = textwrap.wrap(text, max(8, int(width / font.getlength("n"))))[:LINES]
    board = Image.new("RGB", (width, min(height, round(1.3 * size * LINES))), "white")
    ImageDraw.Draw(board).multiline_text((2, 0), "\n".join(lines), fill="black", font=font)
    return np.asarray(board)
