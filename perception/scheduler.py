"""Run tools on a clip: decode once, frame-level tools side by side, then those that build on their results."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal

from perception.cache import Cache, key_of
from perception.clip import Clip
from perception.errors import Cancelled, ClipError, MentalisError
from perception.evidence import Evidence, Findings, Frozen, ToolRun, merge
from perception.frame import Frame
from perception.tool import FRAMES, Output, Tool, in_order

CHUNK_BYTES = 8 * 1024**2  # of pictures handed on together: a dozen at 640x360, one at 4K
CHUNK_FRAMES = 12
WAITING_CHUNKS = 3  # before a tool: bounds memory, lets a faster tool run ahead a little
PROGRESS_EVERY_S = 0.25
SIGNAL_TOOLS_AT_ONCE = 2
Chunk = list[Frame]


class ToolEvent(Frozen):
    """What happens to a tool. Events come from the tools' own threads, one at a time."""

    kind: Literal["tool_started", "tool_progress", "tool_finished"]
    tool: str
    duration_s: float = 0.0
    time_s: float | None = None
    status: Literal["ok", "abstained", "failed", "skipped"] | None = None
    seconds: float = 0.0
    cached: bool = False
    error: str | None = None


@dataclass
class _Work:
    """One tool in a run."""

    tool: Tool
    key: str
    inbox: "queue.Queue[Chunk | None]" = field(default_factory=lambda: queue.Queue(WAITING_CHUNKS))
    readers: list["_Work"] = field(default_factory=list)  # frame-level tools that get the frames after this one
    result: Output | None = None
    run: ToolRun | None = None
    waited_s: float = 0.0


def perceive(
    clip: Clip,
    tools: Sequence[Tool],
    *,
    cache: Cache | None = None,
    on_event: Callable[[ToolEvent], None] | None = None,
    cancel: threading.Event | None = None,
) -> Evidence:
    """Run the tools and all that they need, and join their findings.

    A tool that raises is reported as failed and those that need it as skipped; the rest goes on.

    Raises:
        ClipError: the clip can't be decoded to its end; nothing half is returned.
        Cancelled: `cancel` was set; tools stop within a chunk of frames.
    """
    return _Run(clip, in_order(tools), cache, on_event, cancel or threading.Event()).evidence()


class _Run:
    def __init__(
        self,
        clip: Clip,
        tools: list[Tool],
        cache: Cache | None,
        on_event: Callable[[ToolEvent], None] | None,
        cancel: threading.Event,
    ) -> None:
        self.clip, self.cache, self.cancel = clip, cache, cancel
        self._wordless = clip.without_words()
        self._on_event, self._telling = on_event, threading.Lock()
        self._stop = threading.Event()  # frames end early: decoding failed or the run was cancelled
        self.decode_error: Exception | None = None
        keys: dict[str, str] = {}
        self.works: dict[str, _Work] = {}
        for tool in tools:
            keys[tool.name] = key_of(tool, clip, keys)
            self.works[tool.name] = _Work(tool, keys[tool.name])

    def evidence(self) -> Evidence:
        for work in self.works.values():
            kept = self.cache.get(work.key) if self.cache else None
            if kept is not None:
                self._finish(work, kept, 0.0, cached=True)
        if any(work.run is None for work in self.works.values()):
            _import_what_tools_share()
        self._look()
        self._check()
        self._build()
        self._check()
        runs = [w.run for w in self.works.values() if w.run is not None]
        found = [(w.tool.name, w.result.findings) for w in self.works.values() if w.result is not None]
        return merge(self.clip.sha256, self.clip.duration_s, runs, found)

    def _check(self) -> None:
        if self.cancel.is_set():
            raise Cancelled(f"the analysis of {self.clip.path.name} was cancelled")
        if self.decode_error is not None:
            raise self.decode_error

    # frame-level tools

    def _look(self) -> None:
        """Decode once and let every frame-level tool that has no result yet see the frames."""
        todo = [w for w in self.works.values() if w.tool.sees_frames and w.run is None]
        if not todo:
            return
        wanted = {need for w in todo for need in w.tool.needs if need != FRAMES}
        again = [self.works[n] for n in wanted if self.works[n].tool.sees_frames and self.works[n] not in todo]
        lanes = [*again, *todo]  # a cached tool runs again when another needs what it notes on each frame
        first: list[_Work] = []
        for work in lanes:
            upstream = [self.works[n] for n in work.tool.needs if n != FRAMES]
            if len(upstream) > 1:
                raise MentalisError(f"{work.tool.name} needs frames and more than one frame-level tool")
            (upstream[0].readers if upstream else first).append(work)
        threads = [threading.Thread(target=self._see, args=(w,), name=w.tool.name, daemon=True) for w in lanes]
        threads.append(threading.Thread(target=self._decode, args=(first,), name="decode", daemon=True))
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.1)
                    if self.cancel.is_set():
                        self._stop.set()
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _decode(self, first: list[_Work]) -> None:
        chunk: Chunk = []
        try:
            for frame in self.clip.frames():
                chunk.append(frame)
                if len(chunk) >= CHUNK_FRAMES or len(chunk) * frame.rgb.nbytes >= CHUNK_BYTES:
                    self._hand_on(first, chunk)
                    chunk = []
                if self._stop.is_set():
                    break
        except Exception as error:
            self.decode_error = error if isinstance(error, ClipError) else ClipError(f"{self.clip.path}: {error}")
            self._stop.set()
        if chunk:
            self._hand_on(first, chunk)
        self._hand_on(first, None)

    def _hand_on(self, readers: list[_Work], chunk: Chunk | None) -> None:
        for reader in readers:
            while True:
                try:
                    reader.inbox.put(chunk, timeout=0.1)
                    break
                except queue.Full:
                    if self._stop.is_set() and chunk is not None:
                        break  # nobody will miss it

    def _frames_for(self, work: _Work) -> Iterator[Frame]:
        """The frames of a tool; each chunk goes on to its readers when the tool asks for the next one."""
        told_at = 0.0
        while True:
            asked = time.perf_counter()
            chunk = work.inbox.get()
            work.waited_s += time.perf_counter() - asked
            if chunk is None:
                return
            if self._stop.is_set():
                continue  # drain
            yield from chunk
            asked = time.perf_counter()
            self._hand_on(work.readers, chunk)
            work.waited_s += time.perf_counter() - asked
            if asked - told_at > PROGRESS_EVERY_S:
                told_at = asked
                self._tell(kind="tool_progress", tool=work.tool.name, time_s=chunk[-1].time_s)

    def _see(self, work: _Work) -> None:
        rerun = work.run is not None
        if not rerun:
            self._tell(kind="tool_started", tool=work.tool.name)
        started = time.perf_counter()
        frames = self._frames_for(work)
        try:
            result = _output(work.tool(self._clip_for(work), frames=frames))
            problem = None
        except Exception as error:
            result, problem = None, error
        seconds = max(0.0, time.perf_counter() - started - work.waited_s)
        for _ in frames:  # a tool may stop early; those behind it still want the frames
            pass
        self._hand_on(work.readers, None)
        if rerun or (self._stop.is_set() and (self.cancel.is_set() or self.decode_error)):
            return
        if result is None:
            self._fail(work, problem, seconds)
        else:
            self._finish(work, result, seconds)

    # tools on results

    def _build(self) -> None:
        """Run the other tools, each when its needs are there."""
        waiting = [w for w in self.works.values() if w.run is None]
        running: dict[Future[None], _Work] = {}
        with ThreadPoolExecutor(SIGNAL_TOOLS_AT_ONCE, thread_name_prefix="tool") as pool:
            while (waiting or running) and not self.cancel.is_set():
                for work in [w for w in waiting if all(self.works[n].run for n in (*w.tool.needs, *self._used(w)))]:
                    waiting.remove(work)
                    missing = [n for n in work.tool.needs if self.works[n].result is None]
                    if missing:
                        self._skip(work, f"it needs {missing[0]}, which {self._status(missing[0])}")
                    else:
                        running[pool.submit(self._derive, work)] = work
                if running:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        running.pop(future)
                        future.result()

    def _derive(self, work: _Work) -> None:
        self._tell(kind="tool_started", tool=work.tool.name)
        started = time.perf_counter()
        given = (*work.tool.needs, *(n for n in self._used(work) if self.works[n].result is not None))
        needs = {n: self._value(n) for n in given}
        try:
            result = _output(work.tool(self._clip_for(work), **needs))
        except Exception as error:
            self._fail(work, error, time.perf_counter() - started)
            return
        self._finish(work, result, time.perf_counter() - started)

    def _used(self, work: _Work) -> list[str]:
        return [name for name in work.tool.uses if name in self.works]

    def _value(self, name: str) -> object:
        result = self.works[name].result
        assert result is not None
        return result.value if result.value is not None else result.findings

    def _clip_for(self, work: _Work) -> Clip:
        """The clip; without its words for a tool whose result is kept whatever they are."""
        return self.clip if work.tool.reads_words else self._wordless

    # how it ended

    def _finish(self, work: _Work, result: Output, seconds: float, *, cached: bool = False) -> None:
        try:
            found = result.findings if cached else _within(result.findings, self.clip).seal(work.tool.name)
            merge(self.clip.sha256, self.clip.duration_s, [], [(work.tool.name, found)])  # keeps the contract?
        except ValueError as error:
            self._fail(work, error, seconds)
            return
        work.result = Output(result.value, found)
        silent = bool(found.abstentions) and not found.observations and not found.signals
        status: Literal["ok", "abstained"] = "abstained" if silent else "ok"
        notes = found.notes
        if self.cache and not cached:
            try:
                self.cache.put(work.key, work.tool.name, work.result)
            except OSError as error:  # what was measured stands
                notes = {**notes, "cache": f"not kept, so that a later run measures again: {error}"}
        self._end(work, status, seconds, cached=cached, notes=notes)

    def _fail(self, work: _Work, error: Exception | None, seconds: float) -> None:
        first_line = (str(error).strip().splitlines() or [""])[0]
        self._end(work, "failed", seconds, error=f"{type(error).__name__}: {first_line}")

    def _skip(self, work: _Work, reason: str) -> None:
        self._end(work, "skipped", 0.0, error=reason)

    def _status(self, name: str) -> str:
        run = self.works[name].run
        return f"{'was' if run and run.status == 'skipped' else 'has'} {run.status if run else 'not run'}"

    def _end(
        self,
        work: _Work,
        status: Literal["ok", "abstained", "failed", "skipped"],
        seconds: float,
        *,
        cached: bool = False,
        error: str | None = None,
        notes: dict[str, str] | None = None,
    ) -> None:
        tool = work.tool
        work.run = ToolRun(
            tool=tool.name,
            version=tool.version,
            options=tool.options,
            status=status,
            cached=cached,
            seconds=round(seconds, 4),
            error=error,
            notes=notes or {},
        )
        self._tell(kind="tool_finished", tool=tool.name, status=status, seconds=seconds, cached=cached, error=error)

    def _tell(self, **content: object) -> None:
        if self._on_event is not None:
            with self._telling:
                self._on_event(ToolEvent.model_validate({"duration_s": self.clip.duration_s, **content}))


def _import_what_tools_share() -> None:
    """Libraries that several tools import when they run.

    Where threads import modules of one library in different orders, Python hands out half a module to get out of the
    deadlock.
    """
    for library in ("scipy.ndimage", "scipy.signal", "cv2"):
        import_module(library)


def _output(returned: Findings | Output) -> Output:
    if isinstance(returned, Output):
        return returned
    if isinstance(returned, Findings):
        return Output(None, returned)
    raise TypeError(f"a tool returns Findings or Output, not {type(returned).__name__}")


def _within(found: Findings, clip: Clip) -> Findings:
    """Ends that lie after the clip by rounding (less than a frame) are put at its end."""
    end_s, frame_s = clip.duration_s, 1.0 / clip.fps
    fixed = tuple(
        o.model_copy(update={"end_s": end_s}) if end_s < o.end_s <= end_s + frame_s and o.start_s <= end_s else o
        for o in found.observations
    )
    found.observations = fixed
    return found
