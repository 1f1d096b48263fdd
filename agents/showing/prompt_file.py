"""A prompt's file as it lies there: its version, what it is filled in with, its text and its hash."""

import hashlib
from functools import cache

import yaml
from pydantic import ValidationError

from agents.agent import PROMPTS
from agents.showing.messages import PromptError
from perception.evidence import Frozen


class PromptFile(Frozen):
    """A prompt's front matter and body."""

    version: int
    inputs: tuple[str, ...]
    body: str
    sha256: str


def read_prompt(name: str) -> PromptFile:
    """A prompt by its file's name, such as emotion.md.

    Raises:
        PromptError: there is no such file, or its front matter is not that of a prompt.
    """
    try:
        content = (PROMPTS / name).read_bytes()
        _, front, body = content.decode().split("---\n", 2)
        said = {**yaml.safe_load(front), "body": body, "sha256": hashlib.sha256(content).hexdigest()}
        return PromptFile.model_validate(said)
    except (OSError, ValueError, TypeError, yaml.YAMLError, ValidationError) as error:
        raise PromptError(f"prompt {name} can't be read: {error}") from error


@cache
def prompt_hashes() -> dict[str, str]:
    """The hash of every prompt by its file name, as this process has read them."""
    return {name: read_prompt(name).sha256 for name in prompt_names()}


def prompt_names() -> tuple[str, ...]:
    """The file names of all prompts."""
    return tuple(sorted(path.name for path in PROMPTS.glob("*.md")))
