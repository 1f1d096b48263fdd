"""Progress on standard error: a line for each tool and each agent."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from agents.report import reason_of

if TYPE_CHECKING:
    from graphs.events import AgentFinished, AgentStarted, Event

SIGNS = {"ok": "[green]✓[/]", "abstained": "[yellow]–[/]", "failed": "[red]✗[/]", "skipped": "[yellow]–[/]"}


class Progress:
    """Bars for tools while they run, and a lasting line when a tool or an agent is done."""

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        """Show nothing when quiet."""
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        columns = (TextColumn("  {task.description:<16}"), BarColumn(30), TextColumn("{task.fields[note]}"))
        self._bars = Bars(*columns, console=self._console, transient=True)
        self._lines: dict[str, TaskID] = {}
        self._asked: dict[str, list[TaskID]] = {}
        self._said: set[str] = set()
        self._title, self._started = title, time.perf_counter()

    def __enter__(self) -> Self:
        """Begin."""
        self._console.print(f"[bold]{self._title}[/]")
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away and say how long it took, unless it went wrong."""
        self._bars.stop()
        if kind is None:
            self._console.print(f"  done in {time.perf_counter() - self._started:.1f} s")

    def tell(self, event: "Event") -> None:
        """Show an event."""
        if event.kind == "tool_started":
            self._lines[event.tool] = self._bars.add_task(event.tool, total=1.0, note="")
        elif event.kind == "tool_progress" and event.tool in self._lines:
            share = event.time_s / event.duration_s if event.duration_s else 0.0
            note = f"{event.time_s:.0f} of {event.duration_s:.0f} s"
            self._bars.update(self._lines[event.tool], completed=share, note=note)
        elif event.kind == "tool_finished":
            if event.tool in self._lines:
                self._bars.remove_task(self._lines.pop(event.tool))
            told = "from the cache" if event.cached else f"{event.seconds:.2f} s"
            why = f"  {event.error}" if event.error else ("  abstained" if event.status == "abstained" else "")
            self._console.print(f"  {SIGNS[event.status]} {event.tool:<16} {told}{why}")
        elif event.kind == "agent_started":
            self._asked.setdefault(name := _name(event), []).append(self._bars.add_task(name, total=None, note=""))
        elif event.kind == "agent_finished":
            if bars := self._asked.get(_name(event)):
                self._bars.remove_task(bars.pop())
            sign = SIGNS["failed"] if event.error else SIGNS["ok"]
            told = "".join(f"  {part}" for part in (_counted(event), self._new(event.error)) if part)
            self._console.print(f"  {sign} {_name(event):<16} {event.seconds:.2f} s{told}")

    def _new(self, error: str | None) -> str:
        """An error, in full the first time only: who is away is away for everyone."""
        if error is None:
            return ""
        reason = reason_of(error)
        if reason in self._said:
            return "as above"
        self._said.add(reason)
        return error


def _name(event: "AgentStarted | AgentFinished") -> str:
    """An agent and whom it is asked about."""
    return f"{event.agent} {event.person}" if event.person else event.agent


def _counted(event: "AgentFinished") -> str:
    """How many claims an agent made and how many of them fell; nothing of one that makes none."""
    claims = f"{event.claims} claim{'' if event.claims == 1 else 's'}" if event.claims is not None else ""
    rejected = f"{event.rejected} rejected" if event.rejected else ""
    return ", ".join(filter(None, (claims, rejected)))
