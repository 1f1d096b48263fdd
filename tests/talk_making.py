"""Conversations for tests: two people who speak by turns, with what was measured of each."""

from dataclasses import replace

from agents.codebook import load_codebook
from agents.showing.presentation import Wanted
from graphs.state import Setup
from graphs.store import ContentStore
from graphs.talk import Talk
from perception.clip import Clip
from perception.evidence import Evidence, Observation
from perception.transcripts import Utterance

TURN_S = 2.0
WORDS = (
    "Did you hear that they gave me the prize?",
    "That is just great, I am so happy for you.",
    "I still do not believe it.",
    "And I have lost my job, this is terrible.",
    "Oh.",
)


def turns(words=WORDS):
    """Utterances of two seconds each, Anna's and Ben's by turns."""
    return tuple(
        Utterance(start_s=n * TURN_S, end_s=(n + 1) * TURN_S, speaker=("Anna", "Ben")[n % 2], text=text)
        for n, text in enumerate(words)
    )


def measured(id_, tool, start_s, end_s, person=None, value=None, text=None):
    """One observation, of the kind that its id names."""
    kind = id_.rpartition("-")[0]
    return Observation(
        id=id_, tool=tool, kind=kind, person=person, start_s=start_s, end_s=end_s, value=value, confidence=0.9,
        quality=0.9, text=f"{text or f'{person}: {kind} was seen'}, {start_s:.1f}-{end_s:.1f} s",
    )  # fmt: skip


FROZEN = measured("frozen-1", "integrity", 2.2, 3.8, text="nothing moves")  # during the second utterance
FROZEN_NOTE = (
    "Nothing moves, 2.2-3.8 s [frozen-1]. Nothing that is told of that time was moving; a stalled stream looks so."
)


def dyad(*more, faces=("P1", "P2"), count=5):
    """Two people in view all along, P1 Anna and P2 Ben, whose lips move in their turns."""
    end_s = count * TURN_S
    seen = [measured(f"face_visible-{n}", "faces", 0, end_s, p) for n, p in enumerate(faces, 1)]
    lips = [
        measured(f"speaking-{n + 1}", "speakers", n * TURN_S, (n + 1) * TURN_S, ("P1", "P2")[n % 2])
        for n in range(count)
    ]
    voice = [measured(f"prosody-{n + 1}", "speech", n * TURN_S, (n + 1) * TURN_S, text="flat") for n in range(count)]
    return Evidence(clip_sha256="0" * 64, duration_s=end_s, observations=(*seen, *lips, *voice, *more))


def talk_of(tmp_path, utterances=None, **changes):
    """A conversation without a clip."""
    return Talk(
        utterances=utterances or turns(), store=ContentStore(tmp_path), name="a.json",
        sha256="0" * 64, language="en", secret=b"secret",
        **{"codebook": load_codebook("basic"), "samples": 1, **changes},
    )  # fmt: skip


def filmed(talk, evidence, demo, monkeypatch):
    """The conversation with a clip in which this was measured; the model is shown no picture of it."""

    async def measure(setup, tell):
        return evidence

    monkeypatch.setattr("graphs.talk.measure", measure)
    setup = Setup(
        clip=Clip.open(demo.clip), tools=(), codebook=talk.codebook, store=talk.store, wanted=Wanted(media="text")
    )
    return replace(talk, setup=setup)
