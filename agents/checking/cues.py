"""Cues in words, and whether one was measured in a person and not shown: what nobody measured is not absent."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from pydantic import TypeAdapter

from perception.au_intensity import ActionUnit, catalogue
from perception.evidence import Evidence, Frozen, Observation, Signal
from perception.micro_gestures import gestures

AROUND_S = 0.5  # before and after, in which an absent cue is not shown either: onsets and offsets are not sharp
LONGEST_GAP_S = 0.25  # between samples of a signal that goes on
TRACE = 0.5  # FACS intensity where a trace begins
FACE_TOOL, GESTURE_TOOL = "action_units", "micro_gestures"


class Cue(Frozen):
    """Something that a person can be seen to do: its phrase continues "P1 ...", such as "nods"."""

    tool: str = ""
    kind: str = ""
    phrase: str = ""
    needs: tuple[str, ...] = ()
    below_trace: bool = False

    @property
    def action_unit(self) -> str | None:
        """The action unit that it is named by, such as AU12."""
        named = re.search(r"\bAU\d+\b", self.phrase)
        return named.group(0) if named else None


@cache
def cues() -> dict[str, Cue]:
    """All cues, by kind of observation."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    written = TypeAdapter(dict[str, dict[str, Cue]]).validate_python(content)
    known = {f"au{unit.au}": _facial(unit) for unit in catalogue()}
    for kind, gesture in gestures().items():
        known[kind] = Cue(tool=GESTURE_TOOL, kind=kind, phrase=gesture.words)
    for tool, kinds in written.items():
        for kind, cue in kinds.items():
            phrase = cue.phrase or known[kind].phrase
            known[kind] = cue.model_copy(update={"tool": tool, "kind": kind, "phrase": phrase})
    return known


def _facial(unit: ActionUnit) -> Cue:
    phrase = f"shows {unit.words} (AU{unit.au})"
    return Cue(tool=FACE_TOOL, kind=f"au{unit.au}", phrase=phrase, needs=(f"AU{unit.au}",), below_trace=True)


def near(
    evidence: Evidence, person: str, start_s: float, end_s: float, within_s: float = AROUND_S
) -> list[Observation]:
    """What was observed of a person, or of the whole clip, in a stretch and a little before and after."""
    first_s, last_s = start_s - within_s, end_s + within_s
    return [
        o for o in evidence.observations if o.person in (None, person) and o.start_s <= last_s and o.end_s >= first_s
    ]


def tells(observation: Observation, cue: Cue) -> bool:
    """Whether an observation is one of the cue, of a variant such as `au12_one_sided`, or names its action unit."""
    same = observation.kind == cue.kind or observation.kind.startswith(f"{cue.kind}_")
    return same or mentions(observation.text, cue)


def mentions(text: str, cue: Cue) -> bool:
    """Whether a text names the cue's action unit."""
    return cue.action_unit is not None and re.search(rf"\b{cue.action_unit}\b", text) is not None


def absent(cue: Cue, person: str, start_s: float, end_s: float, evidence: Evidence) -> bool:
    """Whether the cue could be measured in this person in and around the stretch, all the time, and was not seen.

    A cue whose tool did not run, abstained, or has no signal there is unknown, which is not absent.
    """
    signals = [s for s in evidence.signals if s.person == person and s.name in cue.needs]
    if not cue.needs or {s.name for s in signals} != set(cue.needs) or not _ran(cue, person, evidence, signals):
        return False
    span = (max(0.0, start_s - AROUND_S), min(evidence.duration_s, end_s + AROUND_S))
    if not all(_quiet(signal, span, cue.below_trace) for signal in signals):
        return False
    return not any(tells(o, cue) for o in near(evidence, person, start_s, end_s))


def _ran(cue: Cue, person: str, evidence: Evidence, signals: Sequence[Signal]) -> bool:
    """Whether its tool measured this person; the intensity of an action unit says so by itself, and when."""
    if cue.below_trace and all(signal.tool == cue.tool for signal in signals):
        return True
    ran = any(run.tool == cue.tool and run.status == "ok" for run in evidence.tools)
    return ran and not any(a.tool == cue.tool and a.person in (None, person) for a in evidence.abstentions)


def _quiet(signal: Signal, span: tuple[float, float], below_trace: bool) -> bool:
    """Whether the signal goes on throughout the span and, if that is asked, stays below a trace."""
    times = signal.times()
    first, last = np.searchsorted(times, span[0], "left"), np.searchsorted(times, span[1], "right")
    if last <= first:
        return False
    bounds = np.concatenate([[span[0]], times[first:last], [span[1]]])
    if float(np.diff(bounds).max()) > LONGEST_GAP_S:
        return False
    return not below_trace or max(signal.values[first:last]) < TRACE
