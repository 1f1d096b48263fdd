"""`mentalis train`: networks trained on data that the user has."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train networks on data of your own; their weights come with a card.", no_args_is_help=True)

Data = Annotated[Path, typer.Argument(help="Folder of the data.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder for weights, card and predictions.", show_default=False)]
Seed = Annotated[int, typer.Option(help="Of weights, order and dropout; it is kept in the card.")]


@app.command("pulse")
def pulse(
    folder: Data,
    out: Out,
    layout: Annotated[str, typer.Option(help="ubfc (subjectN/vid.avi) or pure (ii-jj/ii-jj/*.png).")] = "ubfc",
    network: Annotated[
        str, typer.Option(help="physnet, factorizephys, physformer or physformer-standard.")
    ] = "physnet",
    begin_with: Annotated[str, typer.Option(help="Weights, as rppg.engine names them; none: fresh ones.")] = "",
    held_out: Annotated[str, typer.Option(help="People to measure and not to train on; every fifth one if none.")] = "",
    epochs: Annotated[int, typer.Option(min=1, help="How often all is seen; fixed beforehand.")] = 30,
    batch: Annotated[int, typer.Option(min=1)] = 4,
    rate: Annotated[float, typer.Option(help="Of learning.")] = 1e-3,
    seed: Seed = 0,
) -> None:
    """Train a network of `rppg` on recordings with a measured pulse; `rppg.engine` takes the folder that is written."""
    import numpy as np
    import numpy.typing as npt

    from evals.metrics.heart_rate import mae, rmse
    from evals.pictures import CLIPS, video_of
    from evals.pulse_files import pure_recordings, pure_wave, ubfc_recordings, ubfc_wave
    from perception.errors import OptionError
    from perception.models.device import require_torch
    from perception.pulse_networks import KINDS

    require_torch("mentalis train")
    from mentalis.settings import read_settings, use_weights_of
    from perception.models.fitting import Fitting
    from perception.models.training_pulse import Recording, Training, train_pulse

    if layout not in ("ubfc", "pure"):
        raise OptionError(f"--layout {layout!r}: it is ubfc or pure")
    trainable = [name for name in KINDS if name != "open-rppg"]
    if network not in trainable:
        raise OptionError(f"--network {network!r}: it is {', '.join(trainable)}")
    settings = read_settings()
    use_weights_of(settings)
    found = ubfc_recordings(folder) if layout == "ubfc" else pure_recordings(folder)
    people = sorted({each.person for each in found})
    left_out = tuple(p.strip() for p in held_out.split(",") if p.strip()) or tuple(people[4::5])
    if unknown := set(left_out) - set(people):
        raise OptionError(f"--held-out: nobody is called {', '.join(sorted(unknown))}; there are {', '.join(people)}")
    recordings = []
    for each in found:
        wave = ubfc_wave(each.truth) if layout == "ubfc" else pure_wave(each.truth)
        video = video_of(each.video, settings.data / CLIPS, 30.0)  # PURE's pictures come 30 a second
        recordings.append(Recording(each.name, each.person, video, wave.times_s, wave.values))

    def score(true: npt.NDArray[np.floating], shown: npt.NDArray[np.floating]) -> str:
        errors = f"MAE {mae(true, shown).value:.2f} bpm, RMSE {rmse(true, shown).value:.2f} bpm"
        return f"{errors}, one rate of a whole recording by the network alone"

    training = Training.model_validate(
        {
            "network": network,
            "fitting": Fitting(epochs=epochs, batch=batch, rate=rate, decay=5e-5, seed=seed),
            "held_out": left_out,
            "begins_with": begin_with or None,
            "trained_on": {"ubfc": "UBFC-rPPG", "pure": "PURE"}[layout],
        }
    )
    card = train_pulse(recordings, out, training, score, tell=_tell)
    typer.echo(f"{out}: {card.metric}")


def _tell(epoch: int, loss: float) -> None:
    typer.echo(f"epoch {epoch}: loss {loss:.4f}", err=True)
