"""How right each tool is, in tables.

    python -m benchmarks.accuracy [pulse] [action_units] [micro_expressions] [gestures] [speech] [--clip CLIP]
                                  [--network NETWORK ...] [--every N] [--json]

Clips of known truth are rendered, measured and scored. With --clip, a real clip of one talking face, pulses are put
into it as well, and its action units are measured by both engines. All takes some 20 minutes on two cores; it needs
the landmarker's weights (MENTALIS_MODELS), the extras `neural` and `prosody`, and espeak-ng. With --network physnet,
the pulse is also measured by that network, alone and fused with the classical methods: it takes a core some 30 s for
20 s of video; --every 3 measures the pulse of every third clip only.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.accuracy import action_units, gestures, micro_expressions, pulse, speech
from benchmarks.accuracy.limits import Tables, limits
from benchmarks.printing import print_result


def pulse_tables(clip: Path | None, workers: Executor, networks: Sequence[str] = (), every: int = 1) -> Tables:
    """Generated clips, and the real one with pulses put into it."""
    injected = workers.submit(pulse.on_injected, clip, networks, every) if clip else None
    cases = pulse.generated()[::every]
    generated = list(workers.map(partial(pulse.on_generated, networks=networks), cases))
    tables = {"pulse of generated clips": pulse.scores(generated, networks)}
    if injected:
        tables["pulse put into a real clip"] = pulse.scores(injected.result(), networks)
    return tables


def action_unit_tables(clip: Path | None, workers: Executor) -> Tables:
    """Generated clips by both engines, and the real one, engine against engine."""
    rows = list(workers.map(action_units.on_generated, action_units.scripts()))
    tables = {
        "action units: event F1 at half overlap": action_units.scores(rows),
        "action units that nobody showed": action_units.strays(rows),
    }
    if clip:
        tables["distances and the network's scores on a real clip"] = action_units.on_real(clip)
    return tables


def micro_expression_tables(clip: Path | None, workers: Executor) -> Tables:
    """Generated clips at three frame rates."""
    rows = list(workers.map(micro_expressions.on_generated, micro_expressions.cases()))
    return {"micro-expressions: event F1": micro_expressions.scores(rows)}


def gesture_tables(clip: Path | None, workers: Executor) -> Tables:
    """Generated skeletons, however they are seen."""
    rows = [row for rows in workers.map(gestures.on_condition, gestures.CONDITIONS) for row in rows]
    return {"micro-gestures: event F1 at half overlap": gestures.scores(rows)}


def speech_tables(clip: Path | None, workers: Executor) -> Tables:
    """Generated sound, alone and under generated faces."""
    return {
        "pitch of vowels": speech.of_pitch(),
        "voice and pauses": speech.of_voice_activity(),
        "who speaks": speech.of_speakers(),
        "words against the face": speech.scores(list(workers.map(speech.of_incongruity, speech.cases()))),
    }


PARTS: dict[str, Callable[[Path | None, Executor], Tables]] = {
    "pulse": pulse_tables,
    "action_units": action_unit_tables,
    "micro_expressions": micro_expression_tables,
    "gestures": gesture_tables,
    "speech": speech_tables,
}


def main() -> None:
    """Score what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all if none is given")
    parser.add_argument("--clip", type=Path, help="a real clip of one talking face")
    parser.add_argument("--network", action="append", default=[], help="that measures the pulse, too, such as physnet")
    parser.add_argument("--every", type=int, default=1, help="measure the pulse of every so many clips only")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    unknown = [part for part in asked.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part is called {unknown[0]!r}; there are: {', '.join(PARTS)}")
    parts = PARTS | {"pulse": partial(pulse_tables, networks=asked.network, every=asked.every)}
    result: Tables = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers:
        for part in asked.parts or parts:
            result |= parts[part](asked.clip, workers)
    print_result({**result, "what we promise": limits(result)}, asked.json)


if __name__ == "__main__":
    main()
