"""A report in the terminal: people, timeline, the three levels of claims, caveats."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Protocol

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.claims import LEVELS, Claim
from agents.report import Report, told_once
from perception.evidence import Observation
from reports.model_account import model_account

LANE_CHARACTERS = 48
STYLE = {"behaviour": "cyan", "cognition": "magenta", "emotion": "yellow"}
NOT_IN_LANES = (
    "face_visible",
    "body_visible",
    "light",
    "sharpness",
    "face_size",
    "frame_rate",
    "compression",
    "blink_rate",
    "encoder_signature",
    "edited",
    "coded_twice",
    "repeated_pictures",
    "still_picture",
    "light_flicker",
    "moire",
    "lip_sync",
    "lip_offset",
    "skin_rhythm",
    "skin_rhythms_differ",
    "forgery_score",
)
VITAL = ("heart_rate", "hrv_rmssd", "respiration_rate")  # of which the value is what matters, and not the time
MOST_LANES = 14  # a person; the surest and longest
MOST_EVIDENCE = 4  # lines under a claim
MOST_REJECTED = 5  # lines of what was not accepted


class Compared(Protocol):
    """A row of the demo's comparison."""

    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def true(self) -> str: ...  # noqa: D102
    @property
    def found(self) -> str: ...  # noqa: D102
    @property
    def difference(self) -> str: ...  # noqa: D102
    @property
    def ok(self) -> bool: ...  # noqa: D102


def print_report(report: Report, console: Console | None = None) -> None:
    """Print a report for a person to read."""
    console = console or Console(highlight=False)
    clip = report.clip
    facts = f"{clip.duration_s:.1f} s, {clip.width}x{clip.height}, {clip.fps:.1f} frames/s"
    console.print(Panel(escape(report.narrative), title=escape(clip.name), subtitle=facts, padding=(1, 2)))
    for person in report.people:
        console.print(
            f"\n[bold]{person.id}[/]  seen {person.visible_s:.1f} s, "
            f"from {person.first_seen_s:.1f} to {person.last_seen_s:.1f} s"
        )
        for vital in report.evidence.observations:
            if vital.person == person.id and vital.kind in VITAL:
                console.print(Text(f"  {vital.text} [{vital.id}], confidence {vital.confidence:.0%}"))
        console.print(_lanes(report, person.id))
    _print_claims(report, console)
    _print_tools(report, console)
    if account := model_account(report):
        console.print("\n[bold]Model[/]")
        for line in account:
            console.print(Text(f"- {line}", style="dim"))
    console.print("\n[bold]Caveats[/]")
    for caveat in report.caveats:
        console.print(Text(f"- {caveat.strip()}", style="dim"))


def print_comparison(rows: Iterable[Compared], console: Console | None = None) -> None:
    """Print what was found against what is true."""
    table = Table("", "true", "found", "difference", title="Found against true", title_justify="left", box=None)
    for row in rows:
        mark = "[green]✓[/]" if row.ok else "[red]✗[/]"
        table.add_row(f"{mark} {row.what}", row.true, row.found, row.difference)
    (console or Console(highlight=False)).print("", table)


def _print_claims(report: Report, console: Console) -> None:
    by_id = {o.id: o for o in report.evidence.observations}
    for level in LEVELS:
        claims = [c for c in report.claims if c.level == level]
        console.print(f"\n[bold {STYLE[level]}]{level.capitalize()}[/]" + ("" if claims else "  nothing claimed"))
        for claim in claims:
            console.print(_claim(claim, by_id))
    if report.rejected:
        console.print(f"\n[bold]Not accepted[/]  {len(report.rejected)} statements failed a check")
        for line in _rejected(report):
            console.print(Text(line, style="dim"))
    for line in told_once(report.failures):
        console.print(Text(f"! {line}", style="red"))


def _rejected(report: Report) -> list[str]:
    """The first of what was not accepted, each once: of whom, in which round, why, and how often."""
    told = Counter(
        f"{r.level} of {r.person or 'all'}{f', revision {r.round}' if r.round else ''}: {r.text} ({r.reason})"
        for r in report.rejected
    )
    lines = [f"- {line}{f' ({times} times)' if times > 1 else ''}" for line, times in told.items()]
    left = len(report.rejected) - sum(list(told.values())[:MOST_REJECTED])
    return [*lines[:MOST_REJECTED], *([f"- and {left} more (report.json has all)"] if left else [])]


def _claim(claim: Claim, by_id: dict[str, Observation]) -> Group:
    who = claim.person or "all"
    if claim.abstained:
        return Group(Text(f"  {who}  abstains: {claim.text}", style="dim"))
    filled = round(claim.confidence * 10)
    bar = "▮" * filled + "▯" * (10 - filled)
    head = Text.assemble(
        f"  {who}  {claim.start_s:5.1f}-{claim.end_s:.1f} s  ",
        (claim.label, f"bold {STYLE[claim.level]}"),
        f"  {bar} {claim.confidence:.0%}",
        ("  only seen by the model" if claim.basis == "seen" else "", "italic"),
    )
    lines = [head, Text(f"      {claim.text}")]
    for cited in claim.evidence[:MOST_EVIDENCE]:
        observation = by_id.get(cited)
        lines.append(
            Text(f"      · {cited}: {observation.text if observation else 'frame shown to the model'}", style="dim")
        )
    if len(claim.evidence) > MOST_EVIDENCE:
        lines.append(Text(f"      · and {len(claim.evidence) - MOST_EVIDENCE} more", style="dim"))
    return Group(*lines)


def _lanes(report: Report, person: str) -> Table:
    duration_s = max(report.clip.duration_s, 1e-6)
    kinds: dict[str, list[Observation]] = defaultdict(list)
    for o in report.evidence.observations:
        if o.person in (person, None) and o.kind not in NOT_IN_LANES and o.end_s - o.start_s < 0.95 * duration_s:
            kinds[o.kind].append(o)
    weight = {kind: sum(o.confidence * (0.2 + o.end_s - o.start_s) for o in seen) for kind, seen in kinds.items()}
    chosen = sorted(kinds, key=lambda kind: -weight[kind])[:MOST_LANES]
    table = Table.grid(padding=(0, 1))
    for kind in sorted(chosen, key=lambda kind: kinds[kind][0].start_s):
        lane = [" "] * LANE_CHARACTERS
        for o in kinds[kind]:
            first = int(o.start_s / duration_s * LANE_CHARACTERS)
            last = max(first + 1, round(o.end_s / duration_s * LANE_CHARACTERS))
            for i in range(first, min(last, LANE_CHARACTERS)):
                lane[i] = "█" if o.confidence >= 0.5 else "▒"
        table.add_row(f"  {kind.replace('_', ' '):>14}", Text("│" + "".join(lane) + "│"), f"{len(kinds[kind])}x")
    table.add_row("", Text(f"0 s{duration_s:>{LANE_CHARACTERS - 3}.1f} s", style="dim"))
    return table


def _print_tools(report: Report, console: Console) -> None:
    silent = [(a.tool, f"{a.person + ': ' if a.person else ''}{a.reason}") for a in report.evidence.abstentions]
    silent += [(run.tool, f"{run.status}: {run.error}") for run in report.evidence.tools if run.error]
    if silent:
        console.print("\n[bold]Not measured[/]")
        for tool, reason in silent:
            console.print(Text(f"- {tool}: {reason}", style="dim"))
