"""Voice: pitch of vowels, when espeak's words are heard in noise, who says them, and what face goes against them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.events import matched
from mentalis.testing import face_track
from mentalis.testing.sound import RATE_HZ, Samples, add_sound, laid_out, say, talking_lips
from mentalis.testing.synthetic_clip import Action, Kind, Script, render
from perception.clip import Clip
from perception.evidence import Findings
from perception.prosody import prosody_of
from perception.scheduler import perceive
from perception.speakers import speakers
from perception.speech import speech
from perception.tool import make_tool
from perception.transcripts import Utterance
from perception.voice_activity import loud_stretches, spoken_stretches

Spans = list[tuple[float, float]]

GLAD = ("I love this wonderful happy day", "what a great and beautiful surprise", "thank you, that is so kind and nice")
SAD = ("I hate this terrible awful mess", "it was a horrible and painful loss", "that is so cruel, ugly and wrong")
PLAIN = ("it is twelve on the clock", "the train goes from the second platform", "there are four chairs in the room")
PITCHES_HZ = (90.0, 120.0, 160.0, 210.0, 260.0, 320.0)
NOISES = {"quiet": 0.0005, "noise at -46 dB": 0.005, "noise at -34 dB": 0.02}
STEP_S = 0.01
FACES: dict[str, Kind | None] = {"a smile": "smile", "corners down": "frown", "a calm face": None}


def of_pitch() -> list[dict[str, Any]]:
    """Error of the pitch of vowels, in semitones."""
    rows = []
    for name, noise in NOISES.items():
        errors = []
        for hz in PITCHES_HZ:
            (found,) = prosody_of(laid_out([(0.5, _vowel(hz))], 3.0, noise), [(0.5, 2.0)])
            errors.append(abs(12 * np.log2((found.pitch_hz or np.nan) / hz)))
        rows.append(
            {
                "what": name,
                "vowels": len(errors),
                "mean_error_semitones": round(float(np.nanmean(errors)), 2),
                "not_told": int(np.isnan(errors).sum()),
            }
        )
    return rows


def of_voice_activity() -> list[dict[str, Any]]:
    """Share of the time at which spoken words and pauses are told apart."""
    parts = [(1.0 + 4.0 * n, say(text)) for n, text in enumerate((*GLAD, *SAD, *PLAIN))]
    true = [(start_s, start_s + _heard_s(sound)) for start_s, sound in parts]
    seconds = parts[-1][0] + 5.0
    rows = []
    for name, noise in NOISES.items():
        sound = laid_out(parts, seconds, noise)
        row: dict[str, Any] = {"what": name}
        for detector, found in (("energy", loud_stretches(sound)), ("silero", spoken_stretches(sound))):
            said, told = _flags(true, seconds), _flags(found, seconds)
            row[f"{detector}_accuracy"] = round(float((said == told).mean()), 3)
            row[f"{detector}_F1"] = round(float(2 * (said & told).sum() / (said.sum() + told.sum())), 3)
        rows.append(row)
    return rows


def of_speakers(dialogues: int = 20) -> list[dict[str, Any]]:
    """Who speaks, of two faces, while the other one is still or smiles."""
    with tempfile.TemporaryDirectory() as folder:
        render(Script(seconds=1, size=128), Path(folder) / "clip.mp4")
        clip = Clip.open(Path(folder) / "clip.mp4").model_copy(update={"duration_s": 20.0})
    right = wrong = unclear = 0
    for seed in range(dialogues):
        random = np.random.default_rng(seed)
        turns = [
            (2.0 + 3 * n, 2.0 + 3 * n + float(random.uniform(0.8, 2.0)), int(random.integers(2))) for n in range(6)
        ]
        faces = [
            face_track(
                seconds=20,
                person=f"P{who + 1}",
                seed=2 * seed + who,
                noise_px=0.4,
                actions=[
                    *(("au25", t, t + 0.15, 0.8) for a, b, one in turns if one == who for t in np.arange(a, b, 0.25)),
                    *(("au12", a, b, 0.8) for a, b, one in turns if one != who),
                ],
            )
            for who in (0, 1)
        ]
        words = tuple(Utterance(start_s=a, end_s=b, text="well then") for a, b, _ in turns)
        spoken = clip.model_copy(update={"transcript": words, "transcript_language": "en"})
        told = speakers()(spoken, faces=faces, speech=speech(voice_activity="energy")(spoken))
        assert isinstance(told, Findings)
        by_start = {o.start_s: o.person for o in told.events("speaking")}
        for start_s, _, who in turns:
            person = by_start.get(start_s)
            right, wrong, unclear = (
                right + (person == f"P{who + 1}"),
                wrong + (person not in (None, f"P{who + 1}")),
                unclear + (person is None),
            )
    return [{"what": "two faces", "utterances": 6 * dialogues, "right": right, "wrong": wrong, "unclear": unclear}]


def cases() -> list[tuple[str, int]]:
    """Each face under each set of sentences."""
    return [(face, n) for face in FACES for n in range(len(GLAD))]


def of_incongruity(case: tuple[str, int]) -> dict[str, Any]:
    """Three sentences (glad, sad, plain) under one face: which are told as not fitting it."""
    face, n = case
    texts = (GLAD[n], SAD[n], PLAIN[n])
    sounds = [say(text) for text in texts]
    starts_s = (2.0, 7.0, 12.0)
    kind = FACES[face]
    lips = [moving for t, s in zip(starts_s, sounds, strict=True) for moving in talking_lips(t, len(s) / RATE_HZ)]
    actions = tuple(
        Action(kind, t - 0.3, t + len(s) / RATE_HZ + 0.3) for t, s in zip(starts_s, sounds, strict=True) if kind
    )
    with tempfile.TemporaryDirectory() as folder:
        silent, path = Path(folder) / "silent.mp4", Path(folder) / "clip.mp4"
        render(Script(seconds=16.5, size=256, actions=(*actions, *lips), crf=20), silent)
        add_sound(silent, laid_out(list(zip(starts_s, sounds, strict=True)), 16.5), path)
        words = tuple(
            Utterance(start_s=t, end_s=t + len(s) / RATE_HZ, text=text)
            for t, s, text in zip(starts_s, sounds, texts, strict=True)
        )
        clip = Clip.open(path).model_copy(update={"transcript": words, "transcript_language": "en"})
        found = [o for o in perceive(clip, [make_tool("incongruity")]).of("incongruity") if "face" in o.text]
    against = {"a smile": {1}, "corners down": {0}, "a calm face": set[int]()}[face]
    true = [(words[i].start_s, words[i].end_s) for i in sorted(against)]
    return {
        "face": face,
        "sentences": len(texts),
        "true": len(true),
        "hits": len(matched(true, found)),
        "told": len(found),
    }


def scores(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each face: how many sentences go against it, and how many were told."""
    return [
        {
            "what": f"{face} under glad, sad and plain words",
            **{
                column: sum(row[column] for row in rows if row["face"] == face)
                for column in ("sentences", "true", "hits", "told")
            },
        }
        for face in FACES
    ]


def _vowel(hz: float, seconds: float = 1.5) -> Samples:
    """A buzz with the overtones of a voice."""
    times_s = np.arange(0, seconds, 1 / RATE_HZ)
    waves = [np.sin(2 * np.pi * hz * n * times_s) / n for n in range(1, 20)]
    return np.asarray(0.3 * np.sum(waves, axis=0), dtype=np.float32)


def _heard_s(sound: Samples) -> float:
    """Until when espeak's sound is louder than silence: it ends with some."""
    return float(np.flatnonzero(np.abs(sound) > 0.01)[-1] / RATE_HZ)


def _flags(spans: Spans, seconds: float) -> npt.NDArray[np.bool_]:
    at_s = np.arange(0, seconds, STEP_S)
    flags = np.zeros(len(at_s), dtype=bool)
    for start_s, end_s in spans:
        flags |= (at_s >= start_s) & (at_s < end_s)
    return flags
