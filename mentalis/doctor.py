"""Whether this installation is sound, and what to do where it is not."""

import importlib.metadata
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from mentalis.settings import Settings, read_settings, use_weights_of

OURS = ("perception", "agents", "graphs", "reports", "evals", "server", "mentalis")
CORE = ("mediapipe", "numpy", "decord", "av", "scipy", "langgraph", "openai", "pydantic", "plotly", "pyarrow")
EXTRAS = {
    "neural": ("torch", "transformers", "sentence-transformers"),
    "prosody": ("opensmile",),
    "server": ("fastapi", "uvicorn"),
    "evals": ("inspect-ai",),
    "ray": ("ray",),
}
HEADLESS = "pip uninstall -y opencv-contrib-python && pip install --force-reinstall opencv-contrib-python-headless"
LOW_DISK_GB = 1.0
ENDPOINT_TIMEOUT_S = 3.0


class Finding(NamedTuple):
    """One thing looked at."""

    state: Literal["ok", "note", "ill"]
    subject: str
    text: str


def examine() -> Iterator[Finding]:
    """Look at everything in turn."""
    settings = read_settings()
    yield _python()
    yield from _packages()
    yield _opencv()
    yield from _shadowed()
    yield from _weights(settings)
    yield _endpoint(settings)
    yield _disk(settings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding("ok", "Python", version)
    return Finding("ill", "Python", f"{version}; Mentalis needs 3.11 or 3.12")


def _packages() -> Iterator[Finding]:
    for name in CORE:
        try:
            yield Finding("ok", name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding("ill", name, "missing: install Mentalis again: python scripts/install.py")
    for extra, names in EXTRAS.items():
        missing = [n for n in names if not _installed(n)]
        text = f"not installed ({', '.join(missing)}): python scripts/install.py {extra}" if missing else "installed"
        yield Finding("note" if missing else "ok", f"extra {extra}", text)


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _opencv() -> Finding:
    kinds = [n for n in ("opencv-contrib-python", "opencv-python") if _installed(n)]
    try:
        import cv2
    except ImportError as error:
        return Finding("ill", "OpenCV", f"{error}; put the headless one in its place: {HEADLESS}")
    if kinds:
        return Finding("note", "OpenCV", f"{cv2.__version__} ({kinds[0]} needs libGL; a server wants the headless one)")
    return Finding("ok", "OpenCV", f"{cv2.__version__}, headless")


def _shadowed() -> Iterator[Finding]:
    """`agents` and `server` are common names: the OpenAI Agents SDK also installs `agents`."""
    home = Path(__file__).resolve().parent.parent
    for name in OURS:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            yield Finding("ill", f"package {name}", "not found: install Mentalis again")
        elif Path(spec.origin).resolve().parent.parent != home:
            yield Finding(
                "ill", f"package {name}", f"shadowed by {spec.origin}: give Mentalis an environment of its own"
            )
        else:
            yield Finding("ok", f"package {name}", "ours")


def _weights(settings: Settings) -> Iterator[Finding]:
    from perception.weights import list_weights

    use_weights_of(settings)
    for status in list_weights():
        here = (
            f"at {status.path}"
            if status.path
            else f"not here (optional): mentalis weights download {status.weight.name}"
        )
        yield Finding("ok" if status.path else "note", f"weights {status.weight.name}", here)


def _endpoint(settings: Settings) -> Finding:
    if settings.base_url is None:
        return Finding("ok", "model endpoint", "none set: the knowledge reasoner is used, nothing leaves the machine")
    import httpx

    key = settings.api_key.get_secret_value() if settings.api_key else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        response = httpx.get(f"{settings.base_url.rstrip('/')}/models", headers=headers, timeout=ENDPOINT_TIMEOUT_S)
        response.raise_for_status()
        models = [m["id"] for m in response.json()["data"]]
    except (httpx.HTTPError, KeyError, ValueError) as error:
        return Finding("ill", "model endpoint", f"{settings.base_url}: {type(error).__name__}: {error}")
    if settings.model and settings.model not in models:
        return Finding("ill", "model endpoint", f"{settings.base_url} serves {', '.join(models)}, not {settings.model}")
    return Finding("ok", "model endpoint", f"{settings.base_url} serves {', '.join(models)}")


def _disk(settings: Settings) -> Finding:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    text = f"{free_gb:.1f} GB free at {settings.data}"
    return Finding("ill" if free_gb < LOW_DISK_GB else "ok", "disk", text)
