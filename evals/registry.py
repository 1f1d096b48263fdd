"""The benchmarks that there are: every module of `evals.tasks` is looked through for them."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, signature
from types import ModuleType
from typing import Any

from inspect_ai import Task
from pydantic import TypeAdapter, ValidationError

from evals import tasks
from evals.benchmark import Benchmark
from evals.errors import DatasetError


@cache
def benchmarks() -> dict[str, Benchmark]:
    """All benchmarks by name, in the order of the alphabet."""
    found = {b.name: b for module in _modules() for b in vars(module).values() if isinstance(b, Benchmark)}
    return dict(sorted(found.items()))


def benchmark(name: str) -> Benchmark:
    """A benchmark by its name.

    Raises:
        DatasetError: there is none.
    """
    try:
        return benchmarks()[name]
    except KeyError:
        meant = _of_module(name) or difflib.get_close_matches(name, benchmarks())
        hint = f"do you mean {' or '.join(meant)}? There are" if meant else "there are"
        raise DatasetError(f"no benchmark is called {name!r}; {hint} {', '.join(benchmarks())}") from None


def benchmark_under(name: str, **own: str) -> Benchmark:
    """A benchmark by its name, under options of its own such as the list of classes.

    Raises:
        DatasetError: there is none, it has no such option, or an option can't be used.
    """
    usual = benchmark(name)
    allowed = list(inspect.signature(usual.variant).parameters) if usual.variant else []
    if strange := [option for option in own if option not in allowed]:
        raise DatasetError(
            f"{name} has no option {', '.join(strange)} of its own; there is {', '.join(allowed) or 'none'}"
        )
    return usual.variant(**own) if usual.variant and own else usual


def task_of(name: str, folder: str, **options: Any) -> Task:
    """The task of a benchmark on a folder, as Inspect makes it.

    Raises:
        DatasetError: no such benchmark, the folder lacks something, or an option can't be used.
    """
    made: Task = _maker(name)(folder, **{**options, **_read(own_options(name), options)})
    return made


def own_options(name: str) -> dict[str, Parameter]:
    """The options that only this benchmark has, by name.

    Raises:
        DatasetError: no such benchmark.
    """
    _, *others = signature(_maker(name)).parameters.values()  # the first is the folder
    return {other.name: other for other in others if other.kind is not Parameter.VAR_KEYWORD}


def _read(own: Mapping[str, Parameter], options: Mapping[str, Any]) -> dict[str, Any]:
    """A benchmark's own options as the kind that each is of; what is typed is text."""
    read = {}
    for key in own.keys() & options.keys():
        try:
            read[key] = TypeAdapter(own[key].annotation).validate_python(options[key])
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise DatasetError(f"option {key} can't be {options[key]!r}: {problem}") from error
    return read


def _maker(name: str) -> Callable[..., Task]:
    benchmark(name)
    (make,) = (vars(module)[name] for module in _modules() if name in vars(module))
    made: Callable[..., Task] = make
    return made


def _of_module(name: str) -> list[str]:
    """The benchmarks of a module, and of those whose names it begins, as mer_cross does with mer."""
    return sorted(
        b.name
        for module in _modules()
        if f"{module.__name__.rpartition('.')[2]}_".startswith(f"{name}_")
        for b in vars(module).values()
        if isinstance(b, Benchmark)
    )


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(tasks.__path__))
    return tuple(importlib.import_module(f"{tasks.__name__}.{name}") for name in names)
