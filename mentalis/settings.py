"""Settings: environment (`MENTALIS_*`), then `.env`, and options of a call win over both."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from perception.errors import MentalisError


class SettingsError(MentalisError):
    """Settings that can't be used, or not together."""


class Settings(BaseSettings):
    """What is in force when no option says otherwise. With no `base_url` set, nothing leaves the machine."""

    model_config = SettingsConfigDict(env_prefix="MENTALIS_", env_file=".env", extra="ignore", frozen=True)

    model: str | None = Field(default=None, description="model name at the endpoint, or transformers:<id or folder>")
    base_url: str | None = Field(
        default=None, description="OpenAI-compatible endpoint, such as http://localhost:8000/v1"
    )
    api_key: SecretStr | None = Field(default=None, description="key of the endpoint")
    embedder: str | None = Field(
        default=None, description="sentence-transformers id or folder: ranks evidence when a model has no room for all"
    )
    media: Literal["auto", "video", "frames", "text"] = Field(
        default="auto", description="what a model is shown of the clip: the most that it takes, or less"
    )
    frames: Annotated[int, Field(ge=1, le=64)] = Field(default=8, description="frames that a model is shown")
    frame_choice: Literal["evidence", "uniform"] = Field(
        default="evidence", description="frames where something was measured, or evenly spread ones"
    )
    strategy: Literal["single", "single+evidence", "vote", "debate", "cascade", "cascade+critic"] = Field(
        default="cascade+critic", description="in which order a model judges; all but the cascades need one"
    )
    samples: Annotated[int, Field(ge=1, le=9)] = Field(
        default=3, description="answers whose agreement is the confidence where a model tells no probabilities"
    )
    audit_pairs: Annotated[int, Field(ge=0, le=50)] = Field(
        default=5, description="pairs of true and falsified statements that a model is asked about its report"
    )
    check_gestures: bool = Field(
        default=False, description="let a model look at pictures of each micro-gesture that was measured"
    )
    codebook: str = Field(default="basic", description="shipped codebook, or a YAML file")
    tools: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="tools to run, comma-separated; none: the default set"
    )
    data: Path = Field(
        default_factory=lambda: user_data_path("mentalis", appauthor=False),
        description="folder of the checkpoints, caches, evidence and downloaded weights",
    )
    models: Path | None = Field(default=None, description="folder with weights that you already have")
    timeout_s: Annotated[float, Field(gt=0)] = Field(default=120.0, description="of one model call")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(default=3, description="of one model call")
    concurrency: Annotated[int, Field(ge=1, le=256)] = Field(default=8, description="model calls at a time")
    max_revisions: Annotated[int, Field(ge=0, le=5)] = Field(default=2, description="rounds the critic may ask for")
    isolate: bool = Field(default=False, description="measure in a worker process, as several clips always are")
    worker_memory_mb: Annotated[float, Field(gt=0)] = Field(default=6000.0, description="at which a worker is killed")
    worker_seconds: Annotated[float, Field(gt=0)] = Field(default=14_400.0, description="after which it is killed")
    worker_cores: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(), description="CPU cores that a worker may use, comma-separated; none: all"
    )
    seed: int = 0
    cache: bool = Field(default=True, description="reuse tools' results and a model's deterministic answers")

    @field_validator("base_url")
    @classmethod
    def _with_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            host = value.rpartition("://")[2].rstrip("/")
            meant = host if "/" in host else f"{host}/v1"
            raise ValueError(f"it must begin with http:// or https://; did you mean http://{meant}")
        return value

    @field_validator("tools", "worker_cores", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def read_settings(**given: Any) -> Settings:
    """The settings in force, with a call's options in place of theirs.

    Raises:
        SettingsError: a value that a setting can't take, from wherever it comes.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"setting {name} (MENTALIS_{name.upper()}) can't be {first['input']!r}: {first['msg']}"
        ) from error


def use_weights_of(settings: Settings) -> None:
    """Tell perception, which reads the environment only, where weights lie."""
    os.environ["MENTALIS_DATA"] = str(settings.data)
    if settings.models is not None:
        os.environ["MENTALIS_MODELS"] = str(settings.models)
