"""Settings of the server: environment (`MENTALIS_SERVER_*`), then `.env`; options of a call win over both."""

import os
from collections.abc import Collection
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from perception.errors import MentalisError
from perception.probe import Limits
from server.addresses import Reach, is_host_pattern
from server.fetching import FetchRules

PREFIX = "MENTALIS_SERVER_"
DAY_S = 24 * 3600
SECRET_CHARACTERS = 16  # of a webhook's secret, at least
Names = Annotated[tuple[str, ...], NoDecode]  # comma-separated in the environment
Count = Annotated[int, Field(ge=1)]
Span = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ServerSettings(BaseSettings):
    """How the server listens and what it takes. As it is, it listens on loopback and connects to no other host."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on; others need an API key")
    port: Annotated[int, Field(ge=0, lt=2**16)] = 8080
    database_url: str | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="SQLAlchemy URL of a PostgreSQL that servers share; none: SQLite in the data folder",
    )
    allowed_hosts: Names = Field(default=(), description="names that a proxy serves it by, without a port")
    requests_per_minute: Count = Field(default=600, description="on loopback while no API key was made")

    file_bytes: Count = Field(default=512_000_000, description="of one file")
    owner_bytes: Count = Field(default=20_000_000_000, description="of all files of one API key")
    seconds: Span = Field(default=3600.0, description="of one clip")
    pixels: Count = Field(default=4096 * 2304, description="of one picture: 4K fits")
    frames: Count = Field(default=3600 * 60, description="of one clip")
    decoded_bytes: Count = Field(
        default=1_500_000_000_000, description="of all pictures of one clip: an hour of 1080p at 60/s fits"
    )
    audio_seconds: Span = Field(default=2 * 3600.0, description="of a clip's sound, which may outlast its pictures")
    streams: Count = Field(default=16, description="in one file, of any kind")
    file_ttl_s: Span = Field(default=7.0 * DAY_S, description="after which a file is deleted")
    analysis_ttl_s: Span = Field(default=30.0 * DAY_S, description="after which an analysis is deleted")

    measure_at_once: Count = Field(default=2, description="clips that tools run on at a time")
    reason_at_once: Count = Field(default=16, description="analyses that a model judges at a time")

    fetch_hosts: Names = Field(
        default=(), description="hosts that clips are fetched from: names, *.name or addresses; none: no link is"
    )
    fetch_seconds: Span = Field(default=120.0, description="for fetching one clip")
    webhook_hosts: Names = Field(default=(), description="hosts that are told of ended analyses; none: nobody is")
    webhook_networks: Names = Field(
        default=(), description="networks that receivers may be in though they are not public, such as 10.0.0.0/8"
    )
    webhook_ports: Annotated[tuple[Annotated[int, Field(gt=0, lt=2**16)], ...], NoDecode] = (80, 443)
    webhook_secret: SecretStr | None = Field(default=None, description="by which receivers know that we told them")

    @field_validator(
        "allowed_hosts", "fetch_hosts", "webhook_hosts", "webhook_networks", "webhook_ports", mode="before"
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.lower().split(",")))) if isinstance(value, str) else value

    @field_validator("allowed_hosts", "fetch_hosts", "webhook_hosts")
    @classmethod
    def _as_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not is_host_pattern(host):
                raise ValueError(f"{host!r} is no host: write clips.example.org, *.example.org or an address, no port")
        return value

    @field_validator("webhook_networks")
    @classmethod
    def _as_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{network!r} is no network: write 10.0.0.0/8, fd00::/8 or an address") from None
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _as_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(host.startswith("*.") for host in value):
            raise ValueError("each name is written out")
        return value

    @field_validator("database_url")
    @classmethod
    def _of_postgresql(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            make_url(value)
        except (ArgumentError, ValueError):  # the latter of a port that is no number
            raise ValueError("it is no URL: postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME") from None
        if value.startswith(("postgresql://", "postgresql+psycopg://")):
            return value
        if not value.startswith("postgres://"):
            raise ValueError("it names no PostgreSQL: postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME")
        return value.replace("postgres", "postgresql", 1)

    @field_validator("webhook_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_CHARACTERS:
            raise ValueError(f"it needs {SECRET_CHARACTERS} characters at least: openssl rand -hex 32")
        return value

    @model_validator(mode="after")
    def _signed(self) -> "ServerSettings":
        if self.webhook_hosts and self.webhook_secret is None:
            raise ValueError(f"webhook_hosts need {PREFIX}WEBHOOK_SECRET; make one: openssl rand -hex 32")
        return self

    def clip_limits(self) -> Limits:
        """What is refused of a clip before it is decoded."""
        return Limits(
            pixels=self.pixels,
            duration_s=self.seconds,
            streams=self.streams,
            frames=self.frames,
            file_bytes=self.file_bytes,
            decoded_bytes=self.decoded_bytes,
            audio_s=self.audio_seconds,
        )

    def fetch_rules(self) -> FetchRules:
        """From where clips are fetched."""
        return FetchRules(Reach(self.fetch_hosts), most_bytes=self.file_bytes, most_s=self.fetch_seconds)

    def webhook_reach(self) -> Reach:
        """Who may be told of ended analyses."""
        return Reach(self.webhook_hosts, "webhook", self.webhook_ports, tuple(map(ip_network, self.webhook_networks)))

    def database(self, folder: Path) -> str:
        """The database's URL; `folder` is the server's own, where SQLite lies unless another database is set."""
        return self.database_url or f"sqlite:///{folder / 'server.sqlite'}"


def read_server_settings(**given: Any) -> ServerSettings:
    """The settings in force, with a call's options in place of theirs.

    Raises:
        MentalisError: a value that a setting can't take, from wherever it comes; a variable that sets nothing.
    """
    _check_names(os.environ)
    try:
        return ServerSettings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        why = first["msg"].removeprefix("Value error, ")
        name = ".".join(map(str, first["loc"]))
        if not name:
            raise MentalisError(f"settings of the server: {why}") from None
        shown = "" if "secret" in name or "url" in name else f" {first['input']!r}"  # a URL may hold a password
        raise MentalisError(f"setting {name} ({PREFIX}{name.upper()}) can't be{shown or ' that'}: {why}") from None


def _check_names(environment: Collection[str]) -> None:
    known = [name.upper() for name in ServerSettings.model_fields]
    for name in sorted(environment):
        setting = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and setting not in known:
            near = get_close_matches(setting, known, n=1)
            meant = f"did you mean {PREFIX}{near[0]}?" if near else f"{PREFIX} is followed by one of {', '.join(known)}"
            raise MentalisError(f"there is no setting {name}; {meant}")
