"""`mentalis train`: networks trained on data that the user has."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evals.pulse_files import PulseRecording
    from perception.models.training_pulse import Recording

app = typer.Typer(help="Train networks on data of your own; their weights come with a card.", no_args_is_help=True)

Data = Annotated[Path, typer.Argument(help="Folder of the data.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder for weights, card and predictions.", show_default=False)]
Seed = Annotated[int, typer.Option(help="Of weights, order and dropout; it is kept in the card.")]

PURE_HZ = 30.0  # of its pictures


@app.command("micro-au")
def micro_au(
    folder: Data,
    out: Out,
    backbone: Annotated[str, typer.Option(help="CLIP: a local folder, or an id of the hub.")],
    layers: Annotated[int, typer.Option(min=0, help="Last ones of the vision tower that are trained, too.")] = 2,
    folds: Annotated[bool, typer.Option(help="Test each data set by the others (CD6ME).")] = True,
    epochs: Annotated[int, typer.Option(min=1, help="How often all is seen; fixed beforehand.")] = 30,
    batch: Annotated[int, typer.Option(min=2)] = 32,
    rate: Annotated[float, typer.Option(min=0.0, help="Of learning.")] = 1e-4,
    seed: Seed = 45,
) -> None:
    """Train Micro-AU CLIP for `micro_expressions` and `action_units`; see `aus.csv` in the docs."""
    from collections.abc import Mapping

    from evals.au_scoring import METRICS, UNITS
    from perception.models.device import require_torch

    require_torch("mentalis train")
    _check_folder(out)
    from perception.models.fitting import Fitting
    from perception.models.training_micro_au import Training, train_micro_au

    Units = frozenset[int]

    def score(gold: Mapping[str, Units], predicted: Mapping[str, Units | None], units: Sequence[int]) -> str:
        shared = sorted(set(units) & set(UNITS))
        if not shared:
            return f"not evaluated: none of the units is one of CD6ME's ({', '.join(map(str, UNITS))})"
        clips = [{"active": sorted(active), "units": shared} for active in gold.values()]
        guesses = [predicted.get(name) for name in gold]
        answers = [None if guess is None else {"active": sorted(guess), "units": shared} for guess in guesses]
        binary, macro = (METRICS[name](clips, answers) for name in ("binary_f1", "macro_f1"))
        told = f"mean binary F1 {float(binary):.4f}, mean macro F1 {float(macro):.4f}"
        how = "CD6ME protocol on the data sets named here (each predicted by the others, pooled, apex looked for)"
        units_told = ", ".join(map(str, shared))
        return f"{told}: {how}, AU {units_told}, {len(gold)} samples, seed {seed}; of networks trained as this one is"

    training = Training(
        backbone=backbone,
        layers=layers,
        folds=folds,
        fitting=Fitting(epochs=epochs, batch=batch, rate=rate, decay=1e-3, seed=seed),
    )
    card = train_micro_au(folder, out, training, score, lambda line: typer.echo(line, err=True))
    typer.echo(f"{out}: {card.metric}")


@app.command("micro-gesture")
def micro_gesture(
    folder: Data,
    out: Out,
    skeleton: Annotated[
        str, typer.Option(help="imigue or smg (arrays), pose or pose_hands (videos, for our own tracks).")
    ] = "pose_hands",
    classes: Annotated[str, typer.Option(help="imigue or smg.")] = "imigue",
    first: Annotated[int, typer.Option(help="Number of the first class in the table.")] = 0,
    test_subjects: Annotated[str, typer.Option(help="Comma-separated, in place of the data set's split.")] = "",
    epochs: Annotated[int, typer.Option(min=1, help="How often all is seen; fixed beforehand.")] = 60,
    batch: Annotated[int, typer.Option(min=2)] = 64,
    rate: Annotated[float, typer.Option(min=0.0, help="Of learning.")] = 1e-3,
    seed: Seed = 0,
) -> None:
    """Train the skeleton network of `micro_gestures` by the cross-subject protocol; see `gestures.csv` in the docs."""
    from typing import Any

    from pydantic import ValidationError

    from perception.cache import Cache
    from perception.errors import OptionError
    from perception.models.device import require_torch

    require_torch("mentalis train")
    _check_folder(out)
    from mentalis.settings import read_settings, use_weights_of
    from perception.models.fitting import Fitting
    from perception.models.training_micro_gesture import Training, train_micro_gesture

    given: dict[str, Any] = {
        "skeleton": skeleton,
        "classes": classes,
        "first": first,
        "test_subjects": [s.strip() for s in test_subjects.split(",") if s.strip()],
        "fitting": Fitting(epochs=epochs, batch=batch, rate=rate, decay=1e-4, seed=seed),
    }
    try:
        training = Training.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        raise OptionError(f"--{problem['loc'][0]} {problem['input']!r}: {problem['msg']}") from error

    def score(gold: Sequence[str], ranked: Sequence[Sequence[str]]) -> str:
        which = f"subjects {test_subjects}" if test_subjects else f"{classes}'s own split"
        return f"{_ranked_right(gold, ranked)}: cross-subject ({which}), {len(gold)} gestures cut out by their times"

    settings = read_settings()
    use_weights_of(settings)
    cache = Cache(settings.data / "cache" / "tools")
    card = train_micro_gesture(folder, out, training, score, cache=cache, tell=_tell)
    typer.echo(f"{out}: {card.metric}")


def _ranked_right(gold: Sequence[str], ranked: Sequence[Sequence[str]]) -> str:
    from evals.metrics.top_k import mean_class_accuracy, top_k_accuracy

    parts = (top_k_accuracy(gold, ranked, 1), top_k_accuracy(gold, ranked, 5), mean_class_accuracy(gold, ranked))
    return "top-1 {:.4f}, top-5 {:.4f}, mean class top-1 {:.4f}".format(*(float(p) for p in parts))


@app.command("pulse")
def pulse(
    folder: Data,
    out: Annotated[Path, typer.Option(help="Folder for weights and card.", show_default=False)],
    layout: Annotated[str, typer.Option(help="ubfc (subjectN/vid.avi) or pure (ii-jj/ii-jj/*.png).")] = "ubfc",
    network: Annotated[
        str, typer.Option(help="physnet, factorizephys, physformer or physformer-standard.")
    ] = "physnet",
    begin_with: Annotated[str, typer.Option(help="Weights, as rppg.engine names them; none: fresh ones.")] = "",
    held_out: Annotated[str, typer.Option(help="People to measure and not to train on; every fifth one if none.")] = "",
    epochs: Annotated[int, typer.Option(min=1, help="How often all is seen; fixed beforehand.")] = 30,
    batch: Annotated[int, typer.Option(min=1)] = 4,
    rate: Annotated[float, typer.Option(min=0.0, help="Of learning.")] = 1e-3,
    seed: Seed = 0,
) -> None:
    """Train a network of `rppg` on recordings with a measured pulse; `rppg.engine` takes the folder that is written."""
    import numpy as np
    import numpy.typing as npt

    from evals.metrics.heart_rate import mae, rmse
    from evals.pictures import CLIPS
    from evals.pulse_files import pure_recordings, ubfc_recordings
    from perception.errors import OptionError
    from perception.models.device import require_torch
    from perception.pulse_networks import KINDS

    require_torch("mentalis train")
    _check_folder(out)
    from mentalis.settings import read_settings, use_weights_of
    from perception.models.fitting import Fitting
    from perception.models.training_pulse import Training, train_pulse

    if layout not in ("ubfc", "pure"):
        raise OptionError(f"--layout {layout!r}: it is ubfc or pure")
    trainable = [name for name in KINDS if name != "open-rppg"]
    if network not in trainable:
        raise OptionError(f"--network {network!r}: it is {', '.join(trainable)}")
    settings = read_settings()
    use_weights_of(settings)
    found = ubfc_recordings(folder) if layout == "ubfc" else pure_recordings(folder)
    left_out = _left_out(held_out, sorted({each.person for each in found}))
    recordings = [_recording(each, layout, settings.data / CLIPS) for each in found]

    def score(true: npt.NDArray[np.floating], shown: npt.NDArray[np.floating]) -> str:
        errors = f"MAE {mae(true, shown).value:.2f} bpm, RMSE {rmse(true, shown).value:.2f} bpm"
        return f"{errors}, one rate of each recording by the network alone"

    training = Training.model_validate(
        {
            "network": network,
            "fitting": Fitting(epochs=epochs, batch=batch, rate=rate, decay=5e-5, seed=seed),
            "held_out": left_out,
            "begins_with": begin_with or None,
            "trained_on": data_in_layout(layout),
        }
    )
    card = train_pulse(recordings, out, training, score, tell=_tell)
    typer.echo(f"{out}: {card.metric}")


def data_in_layout(layout: str) -> str:
    """What a card may say of data of which only the layout of the files is known."""
    return f"recordings of the user in the layout of {({'ubfc': 'UBFC-rPPG', 'pure': 'PURE'})[layout]}"


def _check_folder(out: Path) -> None:
    """Refuse a folder that can't be written to before hours of training.

    Raises:
        OptionError: it is a file, or may not be made or written to.
    """
    from perception.errors import OptionError

    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise OptionError(f"--out {out}: {error.strerror}; name a folder that can be written to") from error


def _left_out(named: str, people: Sequence[str]) -> tuple[str, ...]:
    """The people who are not trained on: those that are named, or every fifth one.

    Raises:
        OptionError: someone named is not there, or nobody else.
    """
    from perception.errors import OptionError

    left_out = tuple(p.strip() for p in named.split(",") if p.strip()) or tuple(people[4::5])
    if unknown := set(left_out) - set(people):
        raise OptionError(f"--held-out: nobody is called {', '.join(sorted(unknown))}; there are {', '.join(people)}")
    if set(left_out) == set(people):
        raise OptionError(f"--held-out: all {len(people)} are held out, and nobody is left to train on")
    return left_out


def _recording(recorded: "PulseRecording", layout: str, kept: Path) -> "Recording":
    """A recording with its wave, as a video that is kept in a folder where it has none of its own."""
    from evals.pictures import video_of
    from evals.pulse_files import pure_wave, ubfc_wave
    from perception.models.training_pulse import Recording

    wave = ubfc_wave(recorded.truth) if layout == "ubfc" else pure_wave(recorded.truth)
    video = video_of(recorded.video, kept, PURE_HZ)
    return Recording(recorded.name, recorded.person, video, wave.times_s, wave.values)


def _tell(epoch: int, loss: float) -> None:
    typer.echo(f"epoch {epoch}: loss {loss:.4f}", err=True)
