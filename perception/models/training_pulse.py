"""Training of the pulse networks on recordings whose pulse was measured at the finger."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn

from perception import pulse
from perception.clip import Clip
from perception.errors import MentalisError
from perception.evidence import Frozen
from perception.face_crops import GRID_HZ, EvenCrops
from perception.faces import faces
from perception.frame import Frame
from perception.learned_waves import LONGEST_HOLE_S, standardised
from perception.models.device import device
from perception.models.fitting import Fitting, Tell, fit
from perception.models.measuring_pulse import Stretch, differentiated, measured
from perception.models.pulse_losses import about_true_rate, at_true_rate, negative_pearson
from perception.models.pulse_network import as_channels, load_module, new_module
from perception.models.trained import ModelCard, save_trained
from perception.pulse_networks import KINDS, Kind, NetworkName, source_of

Floats = npt.NDArray[np.floating]
Pictures = npt.NDArray[np.uint8]

TIME_WEIGHT, FREQUENCY_WEIGHT = 1.0, 0.1  # of the negative correlation, and of the cross entropy at the true rate
PHYSFORMER_TIME, PHYSFORMER_FREQUENCY, PHYSFORMER_RISES = 0.1, 1.0, 5.0  # Yu et al. 2022: the second rises five-fold


class Recording(NamedTuple):
    """A video and the wave measured meanwhile."""

    name: str
    person: str
    video: Path
    times_s: Floats  # (samples,) on the video's clock, ascending
    values: Floats  # (samples,) in any unit


class Training(Frozen):
    """What is trained and how."""

    network: NetworkName
    fitting: Fitting
    held_out: tuple[str, ...]  # people whose recordings are not trained on, but measured afterwards
    begins_with: str | None = None  # weights, as `rppg.engine` names them; none: fresh ones
    settings: dict[str, Any] = Field(default_factory=dict)  # of the network, where they differ from the published ones
    trained_on: str = "recordings of the user"


class Chunks(NamedTuple):
    """What a network is fed at a time, and what it is to answer."""

    pictures: Sequence[Pictures]  # (frames, side, side, 3) each
    waves: npt.NDArray[np.float32]  # (chunks, frames) in standard deviations
    bpm: npt.NDArray[np.float32]  # (chunks,)


def train_pulse(
    recordings: Sequence[Recording],
    out: Path,
    training: Training,
    score: Callable[[Floats, Floats], str],
    tell: Tell | None = None,
) -> ModelCard:
    """Train on all people but those held out, measure these, and write weights and card into a folder.

    Faces are kept in a temporary folder meanwhile (49 kB a frame at 128 pixels) and deleted.

    Args:
        recordings: of at least one person who is not held out.
        out: the folder, which `rppg.engine` takes.
        training: network, epochs, rates, people held out.
        score: what the card says of true and found rates, in beats a minute, shape (n,) each.
        tell: is called after each epoch.

    Raises:
        MentalisError: nobody is left to train on, or no recording shows a face for long enough.
    """
    kind = KINDS[training.network]
    with tempfile.TemporaryDirectory() as folder:
        stretches = [s for r in recordings for s in prepared(r, kind, Path(folder))]
        seen = [s for s in stretches if s.person not in training.held_out]
        chunks = chunked(seen, kind.frames)
        if not len(chunks.waves):
            raise MentalisError(f"none of {len(recordings)} recordings shows a face for {kind.frames / GRID_HZ:.1f} s")
        module = _begun(training)
        losses = fit_pulse(module, training.network, chunks, training.fitting, tell)
        held = [s for s in stretches if s.person in training.held_out]
        names = [r.name for r in recordings if r.person in training.held_out]
        metric = measured(module, held, names, kind.frames, score)
    people = len({s.person for s in seen})
    card = ModelCard(
        network=training.network,
        settings=training.settings,
        source=f"mentalis train pulse, seed {training.fitting.seed}, {training.fitting.epochs} epochs, "
        f"batches of {training.fitting.batch}, rate {training.fitting.rate:g}"
        + (f", from {Path(training.begins_with).name}" if training.begins_with else ""),
        licence="that of the recordings" + (" and of the weights begun with" if training.begins_with else ""),
        trained_on=f"{training.trained_on}: {len(chunks.waves)} chunks of {kind.frames} frames of {people} people"
        + (f"; held out: {', '.join(training.held_out)}" if training.held_out else ""),
        metric=metric,
        limits=f"last training loss {losses[-1]:.3f}; fit for what the recordings show: light, skin, motion, coding",
    )
    save_trained(out, card, module.state_dict())
    return card


def fit_pulse(
    module: nn.Module, network: NetworkName, chunks: Chunks, fitting: Fitting, tell: Tell | None = None
) -> list[float]:
    """Train a network on chunks; the mean loss of each epoch, as the excess over what the true wave itself scores."""
    on = device()
    module.to(on)
    wanted = torch.from_numpy(_as_answered(module, chunks.waves)).to(on)
    bpm = torch.from_numpy(chunks.bpm).to(on)
    steps = max(1, fitting.epochs * -(-len(bpm) // fitting.batch))
    done = 0

    def loss_of(numbers: Tensor) -> Tensor:
        nonlocal done
        pictures = as_channels(np.stack([chunks.pictures[n] for n in numbers.tolist()]), on)
        with torch.autocast(on.type, enabled=False):  # in full: see `PulseNetwork.waves`
            waves = module(pictures)
            true, rate = (t[numbers.to(on)].repeat_interleave(waves.shape[1], dim=0) for t in (wanted, bpm))
            loss = pulse_loss(network, waves.flatten(0, 1), true, rate, done / steps)
        done += 1
        return loss

    return fit(module, len(bpm), loss_of, fitting, tell)


def pulse_loss(network: NetworkName, waves: Tensor, true: Tensor, bpm: Tensor, share_done: float) -> Tensor:
    """Negative correlation and spectral losses of waves (batch, time) with the true ones, over what these score.

    PhysFormer's has the label distribution, too, and its spectral part grows while it trains (`share_done`, from 0).
    """
    in_time = negative_pearson(waves, true).mean()
    at_rate = (at_true_rate(waves, bpm) - at_true_rate(true, bpm)).mean()
    if not network.startswith("physformer"):
        return torch.as_tensor(TIME_WEIGHT * in_time + FREQUENCY_WEIGHT * at_rate)
    about = (about_true_rate(waves, bpm) - about_true_rate(true, bpm)).mean()
    in_spectrum = PHYSFORMER_FREQUENCY * PHYSFORMER_RISES**share_done * (at_rate + about)
    return torch.as_tensor(PHYSFORMER_TIME * in_time + in_spectrum)


def prepared(recording: Recording, kind: Kind, folder: Path) -> list[Stretch]:
    """The views of the recording's face that are long enough for a chunk, their crops in files of a folder."""
    gathered = list[tuple[float, Path, int]]()
    crops: EvenCrops | None = None
    last_s = -np.inf

    def look(frame: Frame) -> None:
        nonlocal crops, last_s
        if not frame.notes["faces"]:
            return
        if crops is None or frame.time_s - last_s > LONGEST_HOLE_S:
            crops = EvenCrops(kind.box, kind.side_px)
            gathered.append((frame.time_s, folder / f"{recording.name}-{len(gathered)}.u8", 0))
        due = crops.add(frame.time_s, frame.rgb, frame.notes["faces"][0].landmarks)
        with gathered[-1][1].open("ab") as file:
            file.write(b"".join(crop.tobytes() for crop in due))
        gathered[-1] = (*gathered[-1][:2], crops.count)
        last_s = frame.time_s

    faces(max_faces=1)(clip := Clip.open(recording.video), frames=_each_after_use(clip, look))
    stretches = []
    for start_s, path, count in gathered:
        times_s = start_s + np.arange(count) / GRID_HZ
        inside = int(((times_s >= recording.times_s[0]) & (times_s <= recording.times_s[-1])).sum())
        if inside >= kind.frames:
            first = int(np.argmax(times_s >= recording.times_s[0]))
            shown = np.memmap(path, np.uint8, "r", shape=(count, kind.side_px, kind.side_px, 3))
            wave = np.interp(times_s, recording.times_s, recording.values)
            stretches.append(
                Stretch(shown[first : first + inside], wave[first : first + inside], recording.person, recording.name)
            )
    return stretches


def chunked(stretches: Sequence[Stretch], frames: int) -> Chunks:
    """The stretches cut into chunks side by side; one whose rate lies at the edge of the band is left out."""
    pictures, waves, rates = list[Pictures](), list[Floats](), list[float]()
    for stretch in stretches:
        for start in range(0, len(stretch.wave) - frames + 1, frames):
            wave = pulse.in_band(stretch.wave[start : start + frames])
            rate = pulse.heart_rate(wave)
            if rate is not None and not rate.at_band_edge:
                pictures.append(stretch.crops[start : start + frames])
                waves.append(standardised(stretch.wave[None, start : start + frames])[0])
                rates.append(rate.bpm)
    together = np.stack(waves) if waves else np.zeros((0, frames))
    return Chunks(pictures, together.astype(np.float32), np.array(rates, dtype=np.float32))


def _begun(training: Training) -> nn.Module:
    torch.manual_seed(training.fitting.seed)
    if training.begins_with is None:
        return new_module(training.network, training.settings)
    source = source_of(training.begins_with)
    if source.network != training.network:
        raise MentalisError(f"{training.begins_with} holds weights of {source.network}, not of {training.network}")
    return load_module(source)


def _as_answered(module: nn.Module, waves: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The waves as the network gives them: their changes from frame to frame where it sees differences."""
    if not differentiated(module):
        return waves
    changes = np.diff(waves, axis=1, append=waves[:, -1:])
    return np.asarray(changes / np.maximum(changes.std(axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _each_after_use(clip: Clip, look: Callable[[Frame], None]) -> Any:
    for frame in clip.frames():
        yield frame
        look(frame)
