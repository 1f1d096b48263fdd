"""What tools saw: observations and signals, with why something was not measured."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

UNIFORM_WITHIN_S = 0.0005  # timestamps this close to an even grid are stored as a rate (half a millisecond)
SHORT_S = 0.5
SIGNIFICANT_DIGITS = 5  # kept of a signal's samples: finer than any tool here can measure

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Frozen(BaseModel):
    """A value that never changes once made and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Observation(Frozen):
    """One thing a tool saw, in a stretch of the clip."""

    id: str = Field(description="stable within the clip, such as au12-3")
    tool: str
    kind: str
    person: str | None = Field(default=None, description="track id, or none when it concerns the whole clip")
    start_s: Seconds
    apex_s: Seconds | None = None
    end_s: Seconds
    value: Number | None = None
    unit: str | None = None
    confidence: Share = Field(description="probability that the observation is right")
    quality: Share = Field(description="how well the tool could see here")
    text: str = Field(min_length=1, description="the one line that an LLM or a person reads")

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        apex_s = self.start_s if self.apex_s is None else self.apex_s
        if not self.start_s <= apex_s <= self.end_s:
            raise ValueError(
                f"{self.id}: start, apex and end are not in order ({self.start_s}, {apex_s}, {self.end_s} s)"
            )
        return self


class Signal(Frozen):
    """A sampled series: either evenly sampled from `start_s` at `rate_hz`, or at `times_s`."""

    name: str
    tool: str
    unit: str
    person: str | None = None
    start_s: Seconds | None = None
    rate_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    times_s: tuple[Seconds, ...] | None = None
    values: tuple[Number, ...]

    @model_validator(mode="after")
    def _one_time_base(self) -> Self:
        even = self.start_s is not None and self.rate_hz is not None
        if even == (self.times_s is not None):
            raise ValueError(f"signal {self.name}: give either start_s and rate_hz, or times_s")
        if self.times_s is not None and len(self.times_s) != len(self.values):
            raise ValueError(f"signal {self.name}: {len(self.times_s)} times for {len(self.values)} values")
        return self

    def times(self) -> npt.NDArray[np.float64]:
        """Times of the samples in seconds, shape (samples,)."""
        if self.times_s is not None:
            return np.asarray(self.times_s, dtype=np.float64)
        assert self.start_s is not None
        assert self.rate_hz is not None
        return self.start_s + np.arange(len(self.values)) / self.rate_hz


class Abstention(Frozen):
    """What a tool would not measure, for whom, and why."""

    tool: str
    person: str | None = None
    reason: str = Field(min_length=1)


class Findings(BaseModel):
    """What one run of a tool returns. It is filled by the tool and sealed once returned."""

    model_config = ConfigDict(extra="forbid")

    observations: tuple[Observation, ...] = ()
    signals: tuple[Signal, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    notes: dict[str, str] = Field(default_factory=dict, description="how it was measured: engine, model, method")
    _sealed: bool = PrivateAttr(default=False)

    def event(
        self,
        person: str | None,
        kind: str,
        start_s: float,
        end_s: float,
        *,
        text: str,
        confidence: float,
        quality: float,
        apex_s: float | None = None,
        value: float | None = None,
        unit: str | None = None,
    ) -> None:
        """Add an observation; the times are appended to its text ("blinks (AU45), 2.1-2.3 s")."""
        self._add(
            "observations",
            Observation(
                id=f"{kind}-{1 + sum(o.kind == kind for o in self.observations)}",
                tool="",  # the scheduler fills in the tool's name
                kind=kind,
                person=person,
                start_s=start_s,
                apex_s=apex_s,
                end_s=end_s,
                value=value,
                unit=unit,
                confidence=confidence,
                quality=quality,
                text=f"{text}, {_span(start_s, end_s)}",
            ),
        )

    def signal(
        self,
        person: str | None,
        name: str,
        values: npt.ArrayLike,
        times_s: npt.ArrayLike,
        *,
        unit: str,
    ) -> None:
        """Add a series of shape (samples,); samples that are not finite are dropped: missing is absent."""
        series, times = np.asarray(values, dtype=np.float64), np.asarray(times_s, dtype=np.float64)
        seen = np.isfinite(series)
        if not seen.any():
            return
        self._add("signals", _signal(person, name, series[seen], times[seen], unit))

    def abstain(self, person: str | None, reason: str) -> None:
        """Say what could not be measured, and why."""
        self._add("abstentions", Abstention(tool="", person=person, reason=reason))

    def events(self, kind: str, person: str | None = None) -> list[Observation]:
        """The observations of a kind, in the order in which they were added."""
        return [o for o in self.observations if o.kind == kind and (person is None or o.person == person)]

    def seal(self, tool: str) -> Self:
        """Name the tool on everything found, put it in order of time, and allow no further change."""
        ordered = sorted(self.observations, key=lambda o: (o.kind, o.start_s, o.person or "", o.end_s))
        count: Counter[str] = Counter()
        observations = []
        for o in ordered:
            count[o.kind] += 1
            observations.append(o.model_copy(update={"tool": tool, "id": f"{o.kind}-{count[o.kind]}"}))
        self.observations = tuple(observations)
        self.signals = tuple(s.model_copy(update={"tool": tool}) for s in self.signals)
        self.abstentions = tuple(a.model_copy(update={"tool": tool}) for a in self.abstentions)
        self._sealed = True
        return self

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse every change after `seal`."""
        if name in type(self).model_fields and self._sealed:
            raise AttributeError(f"Findings are sealed once returned: {name} can't change")
        super().__setattr__(name, value)

    def _add(self, field: str, item: Observation | Signal | Abstention) -> None:
        setattr(self, field, (*getattr(self, field), item))


class ToolRun(Frozen):
    """One tool's run on one clip: how it went, how long it took, with what."""

    tool: str
    version: str
    options: dict[str, bool | int | float | str | None] = Field(default_factory=dict)
    status: Literal["ok", "abstained", "failed", "skipped"]
    cached: bool = False
    seconds: Annotated[float, Field(ge=0, description="time spent in the tool itself, waiting left out")] = 0.0
    error: str | None = Field(default=None, description="why it failed or was skipped")
    notes: dict[str, str] = Field(default_factory=dict)


class Evidence(Frozen):
    """All tools' findings on one clip."""

    clip_sha256: str
    duration_s: Seconds
    tools: tuple[ToolRun, ...] = ()
    observations: tuple[Observation, ...] = ()
    signals: tuple[Signal, ...] = ()
    abstentions: tuple[Abstention, ...] = ()

    @model_validator(mode="after")
    def _ids_unique_and_in_time(self) -> Self:
        twice = [i for i, n in Counter(o.id for o in self.observations).items() if n > 1]
        if twice:
            raise ValueError(f"observation ids are used twice: {', '.join(twice[:5])}")
        late = [o.id for o in self.observations if o.end_s > self.duration_s + 1e-6]
        if late:
            raise ValueError(f"observations end after the clip: {', '.join(late[:5])}")
        return self

    @property
    def people(self) -> tuple[str, ...]:
        """Track ids of the people seen, in order of their numbers."""
        people = {o.person for o in self.observations if o.person} | {s.person for s in self.signals if s.person}
        return tuple(sorted(people, key=lambda p: (len(p), p)))

    def of(self, *kinds: str, person: str | None = None) -> list[Observation]:
        """Observations of the kinds, of one person if given."""
        return [o for o in self.observations if o.kind in kinds and (person is None or o.person == person)]


def merge(
    clip_sha256: str, duration_s: float, runs: Iterable[ToolRun], findings: Sequence[tuple[str, Findings]]
) -> Evidence:
    """Join sealed findings of several tools; a kind that two tools share carries the later tool's name in its ids."""
    owner: dict[str, str] = {}
    observations: list[Observation] = []
    for tool, found in findings:
        for o in found.observations:
            first = owner.setdefault(o.kind, tool)
            observations.append(o if first == tool else o.model_copy(update={"id": f"{tool}.{o.id}"}))
    return Evidence(
        clip_sha256=clip_sha256,
        duration_s=duration_s,
        tools=tuple(runs),
        observations=tuple(sorted(observations, key=lambda o: (o.start_s, o.end_s, o.id))),
        signals=tuple(s for _, found in findings for s in found.signals),
        abstentions=tuple(a for _, found in findings for a in found.abstentions),
    )


def _span(start_s: float, end_s: float) -> str:
    """Times in words, finer where a tenth of a second would not tell them apart."""
    digits = 2 if end_s - start_s < SHORT_S else 1
    return f"{start_s:.{digits}f}-{end_s:.{digits}f} s"


def _signal(
    person: str | None, name: str, values: npt.NDArray[np.float64], times_s: npt.NDArray[np.float64], unit: str
) -> Signal:
    largest = float(np.abs(values).max())
    decimals = SIGNIFICANT_DIGITS - (math.ceil(math.log10(largest)) if largest > 0 else 0)
    samples = tuple(np.round(values, decimals).tolist())
    base: dict[str, Any] = {"name": name, "tool": "", "unit": unit, "person": person, "values": samples}
    rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0
    even = times_s[0] + np.arange(len(times_s)) / rate_hz if rate_hz > 0 else None
    if even is not None and float(np.abs(even - times_s).max()) <= UNIFORM_WITHIN_S:
        return Signal(**base, start_s=float(times_s[0]), rate_hz=rate_hz)
    return Signal(**base, times_s=tuple(np.round(times_s, 5).tolist()))
