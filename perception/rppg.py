"""Pulse from the colour of the skin, or why it can't be told."""

import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from perception import heart_beats, pulse, pulse_networks
from perception.clip import Clip
from perception.evidence import Findings
from perception.face_following import FaceInFrame
from perception.faces import faces
from perception.frame import Frame
from perception.pulse_findings import LEAST_SNR_DB, Pulse, tell_pulse
from perception.pulse_networks import Network
from perception.pulse_reading import Engine, Reading, chosen, read_pulse
from perception.quality import FEW_BITS, bits_a_pixel
from perception.skin_regions import background_mean, region_means
from perception.skin_traces import EvenTrace, SkinTrace, even_trace
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]

SHORTEST_S = 6.0  # of unbroken view: some six beats
LOWEST_RATE_HZ = 15.0
DARKEST = 30.0  # mean green of 255
LEAST_AGREEMENT = 0.2  # of the places of the skin: light and noise differ from place to place
PLACES_APART_BPM = 6.0  # a place's own rate may differ this much from the fused one
REDDEST = 0.65  # blood changes red by 0.3-0.5 of its change of green (Wang et al. 2017), light by as much
MOVES_ALIKE = 0.5  # correlation of the wave with the movement of the head
MOVES = 0.1  # eye distances of movement in a pulse's band: much


@tool(needs=("frames", "faces"), version="4", reads_words=False)
def rppg(engine: Engine | str = "fused") -> Run:
    """Measure pulse, its variability and breathing from the colour of the face, and abstain when it does not stand out.

    Args:
        engine: how colour becomes a wave: one method of `pulse_methods`, which names its source; all of them `fused`;
            a network of `pulse_networks` (`physnet`); one with weights of your choice (`physformer:FILE`); a folder
            that `mentalis train pulse` wrote; or several joined by `+` (`fused+physnet`), whose places are then fused
            by agreement and SNR.

    Raises:
        ToolError: a network's weights or its package are not here; the line says where to get them.
        OptionError: a part of the engine is unknown.
    """
    sources = [pulse_networks.source_of(name) for name in chosen(engine).networks]

    def run(clip: Clip, frames: Iterator[Frame]) -> Findings:
        networks = [pulse_networks.load(source) for source in sources]
        traces: dict[str, SkinTrace] = {}
        for frame in frames:
            note_skin(frame, traces, networks)
        found = Findings(notes={"engine": engine})
        if sources:
            found.notes["weights"] = " | ".join(map(pulse_networks.described, sources))
        if not traces:
            found.abstain(None, "no face was found")
        further = _further_cameras(clip, len(traces), found, networks)
        for person, trace in traces.items():
            _measure(clip, person, [trace, *further], engine, found)
        return found

    if sources:
        run.depends_on = lambda clip: [source.version for source in sources]  # type: ignore[attr-defined]
    return run


def note_skin(frame: Frame, traces: dict[str, SkinTrace], networks: Sequence[Network] = ()) -> None:
    """Add the colour of each face that `faces` noted on the frame to its person's trace, and the face for networks."""
    seen: list[FaceInFrame] = frame.notes["faces"]
    if not seen:
        return
    background = background_mean(frame.rgb, [face.landmarks for face in seen])
    for face in seen:
        eyes = face.landmarks[263, :2] - face.landmarks[33, :2]
        middle = face.landmarks[:, :2].mean(axis=0) / max(float(np.hypot(*eyes)), 1.0)
        colours = region_means(frame.rgb, face.landmarks)
        trace = traces.get(face.person)
        if trace is None:
            trace = traces[face.person] = SkinTrace(networks)
        trace.add(frame.time_s, colours, background, middle)
        for reel in trace.reels:
            reel.add(frame.time_s, frame.rgb, face.landmarks)


def _further_cameras(clip: Clip, people: int, found: Findings, networks: Sequence[Network]) -> list[SkinTrace]:
    """What each further view shows of the one person, on the clip's clock."""
    if clip.views and people != 1:
        found.abstain(None, f"further views are used when they and the clip show one person; the clip shows {people}")
        return []
    cameras = []
    for view in clip.views:
        traces = skin_of(Clip.open(view.path), networks)
        if traces:
            longest = max(traces.values(), key=lambda trace: len(trace.times_s))
            cameras.append(longest.later_by(view.offset_s))
        else:
            found.abstain(None, f"no face was found in the view {view.path.name}")
    return cameras


def skin_of(clip: Clip, networks: Sequence[Network] = ()) -> dict[str, SkinTrace]:
    """The skin of the one face that is followed in a clip; several traces if it is lost and found again."""
    traces: dict[str, SkinTrace] = {}
    look = functools.partial(note_skin, traces=traces, networks=networks)
    faces(max_faces=1)(clip, frames=_each_after_use(clip, look))
    return traces


def _each_after_use(clip: Clip, look: Callable[[Frame], None]) -> Iterator[Frame]:
    """The clip's frames; each is looked at once its reader is through with it and asks for the next."""
    for frame in clip.frames():
        yield frame
        look(frame)


def _measure(clip: Clip, person: str, cameras: list[SkinTrace], engine: str, found: Findings) -> None:
    """Add what one person's skin shows to the clip's own camera and to further ones, or why it shows nothing."""
    trace = cameras[0]
    windows = trace.windows(SHORTEST_S)
    if not windows:
        found.abstain(
            person, f"the face is seen for {trace.longest_s():.1f} s at a stretch; a pulse needs {SHORTEST_S:.0f}"
        )
        return
    pulses, reasons = list[Pulse](), list[str]()
    for window in windows:
        result = pulse_in(clip, cameras, window, engine)
        if isinstance(result, Pulse):
            pulses.append(result)
        else:
            reasons.append(result)
    if reasons:
        where = f"in {len(reasons)} of {len(windows)} stretches: " if len(windows) > 1 else ""
        found.abstain(person, where + max(set(reasons), key=reasons.count))
    if pulses:
        found.notes[person] = _weights(max(pulses, key=lambda p: p.span_s).reading)
        tell_pulse(person, pulses, found)


def pulse_in(clip: Clip, cameras: list[SkinTrace], window: slice, engine: str) -> Pulse | str:
    """The pulse in a window of the first camera's samples, or why there is none."""
    trace = cameras[0]
    times_s = trace.times_s[window]
    rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
    if rate_hz < LOWEST_RATE_HZ:
        return f"{rate_hz:.0f} frames/s; a pulse needs {LOWEST_RATE_HZ:.0f}"
    skin = even_trace(trace, window)
    if skin is None or len(skin.regions) < 2:
        return "less than two places of bare skin are in view"
    if float(skin.colours[:, 1].mean()) < DARKEST:
        return "the skin is too dark in the picture to show a pulse"
    others = [even_trace(c, c.between(times_s[0], times_s[-1])) for c in cameras[1:]]
    reading = read_pulse([skin, *(other for other in others if other is not None)], engine)
    if reading is None:
        return "the colour of the skin does not change"
    reason = _why_not(reading, skin, clip)
    if reason:
        return reason
    return Pulse(reading, heart_beats.find_beats(reading.wave, reading.grid_s, reading.rate.bpm))


def _why_not(reading: Reading, skin: EvenTrace, clip: Clip) -> str | None:
    """Why a rhythm is not to be taken for a pulse; None if it is."""
    rate = reading.rate
    if rate.at_band_edge:
        return "the strongest rhythm lies at the edge of what a heart can do"
    if skin.flicker is None and reading.redness > REDDEST:
        return "all colours change alike, as light does, and no background is in view to tell the two apart"
    moves = np.stack([pulse.in_band(axis) for axis in skin.movement])
    alike = [abs(float(np.corrcoef(reading.wave, axis)[0, 1])) for axis in moves if axis.std() > 1e-6]
    if max(alike, default=0.0) > MOVES_ALIKE:
        return f"the head moves in the rhythm of {rate.bpm:.0f} a minute that the skin shows"
    alone = sum(abs(bpm - rate.bpm) <= PLACES_APART_BPM for bpm in reading.own_bpm) < 2
    if rate.snr_db >= LEAST_SNR_DB and reading.agreement >= LEAST_AGREEMENT and not alone:
        return None
    bits = bits_a_pixel(clip)
    if float(moves.std()) > MOVES:
        cause = f"the head moves by {moves.std():.1f} eye distances"
    elif bits < FEW_BITS:
        cause = f"the clip is coded with {bits:.3f} bits a pixel, which wipes out small changes of colour"
    else:
        cause = "noise, light or coding hide it"
    return f"no rhythm stands out (SNR {rate.snr_db:.0f} dB, agreement {reading.agreement:.2f}): {cause}"


def _weights(reading: Reading) -> str:
    """Which places and methods carry the wave."""
    parts = (reading.weights, reading.methods)
    return "; ".join(", ".join(f"{name} {share:.0%}" for name, share in part.items() if share > 0.05) for part in parts)
