"""Options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated

import typer

Transcript = Annotated[Path | None, typer.Option(help="Words of the clip: SRT, WebVTT, JSON or text.")]
Model = Annotated[str | None, typer.Option(help="Model at the endpoint, or transformers:<id or folder>.")]
BaseUrl = Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint.")]
Media = Annotated[str | None, typer.Option(help="What a model is shown: auto, video, frames or text.", metavar="WAY")]
Strategy = Annotated[
    str | None, typer.Option(help="single, single+evidence, vote, debate, cascade or cascade+critic.", metavar="NAME")
]
Codebook = Annotated[str | None, typer.Option(help="motor, basic, mer6, compound, open, or a YAML file.")]
Seed = Annotated[int | None, typer.Option(help="Seed of the model's sampling.")]
Tools = Annotated[list[str] | None, typer.Option(help="Tools to run, comma-separated; what they need runs too.")]
SomeTools = Annotated[str | None, typer.Option(help="Tools to run, comma-separated; the default set if none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
