"""What a tool is, and how one is registered and found."""

import functools
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, NamedTuple, ParamSpec

from pydantic import TypeAdapter, ValidationError

from perception.errors import OptionError, ToolError
from perception.evidence import Findings

FRAMES = "frames"  # what a tool needs when it looks at pictures
ENTRY_POINTS = "mentalis.tools"
BUILT_IN = {  # name of the tool -> module; the default set, in the order in which reports show it
    "quality": "perception.quality",
    "faces": "perception.faces",
    "action_units": "perception.action_units",
    "face_captions": "perception.face_captions",
    "face_flow": "perception.face_flow",
    "micro_expressions": "perception.micro_expressions",
    "blinks": "perception.blinks",
    "head_gestures": "perception.head_gestures",
    "bodies": "perception.bodies",
    "micro_gestures": "perception.micro_gestures",
    "rppg": "perception.rppg",
    "speech": "perception.speech",
    "speakers": "perception.speakers",
    "incongruity": "perception.incongruity",
    "integrity": "perception.integrity.integrity",
}

P = ParamSpec("P")
Option = bool | int | float | str | None


class Output(NamedTuple):
    """Findings plus the value that dependent tools receive (a list of tracks, say)."""

    value: Any
    findings: Findings


Run = Callable[..., Findings | Output]


@dataclass(frozen=True)
class Tool:
    """A registered tool with its options bound: call it to run it.

    A tool that needs `"frames"` is called as `tool(clip, frames=iterator)`; what it needs of other
    frame-level tools is on each frame's `notes`. Any other is called as `tool(clip, <need>=value, ...)`; of the
    tools that it uses, it gets the values of those that run and have succeeded.
    """

    name: str
    version: str
    needs: tuple[str, ...]
    run: Run
    uses: tuple[str, ...] = ()
    reads_words: bool = True
    summary: str = ""
    options: dict[str, Option] = field(default_factory=dict)

    @property
    def sees_frames(self) -> bool:
        """Whether the tool looks at pictures."""
        return FRAMES in self.needs

    def __call__(self, clip: Any, **needs: Any) -> Findings | Output:
        """Run the tool on a clip."""
        return self.run(clip, **needs)


_registered: dict[str, Callable[..., Tool]] = {}


def tool(
    *,
    needs: str | Iterable[str] = FRAMES,
    version: str,
    name: str | None = None,
    uses: Iterable[str] = (),
    reads_words: bool = True,
) -> Callable[[Callable[P, Run]], Callable[P, Tool]]:
    """Register a factory whose parameters are a tool's options and whose inner function is its behaviour.

    Args:
        needs: `"frames"`, names of other tools, or both. Signal-level tools get each need as a keyword.
        version: raised whenever the output may change; part of the cache key.
            An option such as "auto" that stands for another value is recorded as that value if the inner
            function carries it in its attribute `resolved`. What else a result depends on (a file beside the clip, an
            installed library) its attribute `depends_on` tells of a clip: part of the cache key, too.
        name: the tool's name, the factory's own by default.
        uses: tools whose results it takes into account where they run anyway; a signal-level tool only.
        reads_words: false for a tool that never looks at the clip's transcript: it gets the clip without words, and its
            result is kept in the cache whatever is said.
    """
    wanted = (needs,) if isinstance(needs, str) else tuple(needs)

    def register(factory: Callable[P, Run]) -> Callable[P, Tool]:
        tool_name = name or factory.__name__
        signature = inspect.signature(factory)
        summary = (inspect.getdoc(factory) or "").partition("\n")[0]

        @functools.wraps(factory)
        def make(*args: P.args, **kwargs: P.kwargs) -> Tool:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            run = factory(*args, **kwargs)
            options = {**bound.arguments, **getattr(run, "resolved", {})}
            return Tool(tool_name, version, wanted, run, tuple(uses), reads_words, summary, options)

        known = _registered.get(tool_name)
        if known is not None and known.__module__ != factory.__module__:
            raise ToolError(f"two tools are called {tool_name!r}: in {known.__module__} and in {factory.__module__}")
        _registered[tool_name] = make
        return make

    return register


def make_tool(name: str, **options: Any) -> Tool:
    """A tool by name with its options; text values (from a command line) are converted to the option's type.

    Raises:
        ToolError: no such tool.
        OptionError: unknown option, or a value of the wrong type.
    """
    factory = factories().get(name)
    if factory is None:
        raise ToolError(f"no tool is called {name!r}; there are: {', '.join(factories())}")
    parameters = inspect.signature(factory, eval_str=True).parameters
    for option, value in options.items():
        if option not in parameters:
            raise OptionError(f"{name} has no option {option!r}; it has: {', '.join(parameters) or 'none'}")
        try:
            options[option] = TypeAdapter(parameters[option].annotation).validate_python(value)
        except ValidationError as error:
            raise OptionError(f"{name}.{option}: {value!r}: {error.errors()[0]['msg']}") from error
    return factory(**options)


def made(tool: str | Tool) -> Tool:
    """A tool by its name with default options; one that is made already, as it is."""
    return make_tool(tool) if isinstance(tool, str) else tool


def factories() -> dict[str, Callable[..., Tool]]:
    """Every known tool's factory by name: ours first, then those of installed packages and loaded modules."""
    _load_installed()
    return {name: _registered[name] for name in (*BUILT_IN, *(n for n in _registered if n not in BUILT_IN))}


@functools.cache
def _load_installed() -> None:
    """Register our tools and those of installed packages; once, because looking through all packages is slow."""
    for module in BUILT_IN.values():
        importlib.import_module(module)
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            entry.load()
        except Exception as error:
            raise ToolError(f"the tool {entry.name!r} of an installed package can't be loaded: {error}") from error


def load_tool(reference: str) -> str:
    """Register the tool that `module:name` refers to and return the tool's name.

    Raises:
        ToolError: the module or the name does not exist, or it is not a registered tool.
    """
    module_name, _, attribute = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ToolError(f"--tool {reference!r}: {error}; give it as module:name") from error
    for name, factory in _registered.items():
        if factory is found:
            return name
    raise ToolError(f"--tool {reference!r} is not a tool: decorate it with @tool")


def _with_needs(chosen: dict[str, Tool]) -> set[str]:
    """Names of the tools and of all that they need."""
    names, waiting = set[str](), list(chosen)
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += [need for need in (chosen.get(name) or make_tool(name)).needs if need != FRAMES]
    return names


def in_order(tools: Iterable[Tool]) -> list[Tool]:
    """The tools and all that they need, each after its needs.

    Raises:
        ToolError: a need does not exist, or needs run in a circle.
    """
    chosen = {t.name: t for t in tools}
    running = _with_needs(chosen)
    ordered: dict[str, Tool] = {}
    waiting: list[str] = []

    def place(name: str) -> None:
        if name in ordered:
            return
        if name in waiting:
            raise ToolError(f"tools need each other in a circle: {' -> '.join((*waiting, name))}")
        waiting.append(name)
        chosen_tool = chosen.get(name) or make_tool(name)
        for need in (*chosen_tool.needs, *(used for used in chosen_tool.uses if used in running)):
            if need != FRAMES:
                place(need)
        waiting.pop()
        ordered[name] = chosen_tool

    for name in list(chosen):
        place(name)
    return list(ordered.values())
