"""Integrity: which traces there are that a clip is not a live recording as it left the camera."""

from collections.abc import Iterator

from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.integrity.container import read_coding, tell_container
from perception.integrity.detector import load_detector, tell_detector, written
from perception.integrity.frames import Changes
from perception.integrity.lip_sync import Lips
from perception.integrity.loops import Loops
from perception.integrity.screens import Light, Pattern
from perception.integrity.skin_rhythm import Skin
from perception.tool import Run, tool


@tool(needs=("frames", "faces"), version="2", reads_words=False)
def integrity(detector: str = "") -> Run:
    """Measure traces of coding, copied, looped and frozen pictures, filmed screens, and voice or pulse that do not fit.

    It tells which trace was seen, never that a clip is false; most traces have harmless causes.

    Args:
        detector: a model of forged or replayed faces as `module:function` (docs/integrity.md).

    Raises:
        ToolError: there is no such function.
    """
    model = load_detector(detector) if detector else None

    def run(clip: Clip, frames: Iterator[Frame]) -> Findings:
        found = Findings(notes={"detector": "none was given (integrity.detector=module:function)"})
        changes, loops, light, pattern, lips, skin = Changes(), Loops(), Light(), Pattern(), Lips(), Skin()
        for frame in frames:
            changes.add(frame)
            loops.add(frame)
            light.add(frame)
            pattern.add(frame)
            lips.add(frame)
            skin.add(frame)
        coding = read_coding(clip)
        tell_container(clip, coding, changes.means, found)
        changes.tell(clip, found, coding.key)
        loops.tell(clip, found)
        light.tell(clip, found)
        pattern.tell(clip, found)
        lips.tell(clip, found)
        skin.tell(found)
        if model is not None:
            tell_detector(clip, detector, model, found)
        return found

    run.depends_on = lambda clip: written(detector)  # type: ignore[attr-defined]
    return run
