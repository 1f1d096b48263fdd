"""What a question costs that comes by HTTP, above the same question put to the bare graph."""

import statistics
import time
from typing import Any

from agents.codebook import load_codebook
from agents.report import Report
from benchmarks.server.running import MODEL, Served, client, question
from graphs.chat import converse
from graphs.chat_setup import Chat
from mentalis.setting_up import limits, model_of
from mentalis.settings import Settings
from perception.clip import Clip
from perception.isolation import kept_apart

MOST_MS = 15.0  # at the median: what we promise


async def chat_overhead(
    served: Served, analysis: str, report: Report, clip: Clip, url: str, repeats: int
) -> list[dict[str, Any]]:
    """Times of both, in turns; each question differs, so that no answer is repeated."""
    settings = Settings(model=MODEL, base_url=url, cache=False, data=served.data / "bare")
    model = model_of(settings)
    about = Chat(
        report=report,
        codebook=load_codebook(report.provenance.codebook),
        clip=kept_apart(clip, limits(settings)),
        model=model,
    )
    by_http, bare = list[float](), list[float]()
    async with client(served) as http:
        for n in range(-3, repeats):  # the first ones open connections and import what is used
            asks = f"How does P1 look at 2 s? I ask for the {n}th time."
            started = time.perf_counter()
            told = await http.post("/v1/chat/completions", json=question(analysis, asks))
            between = time.perf_counter()
            told.raise_for_status()
            await converse(asks, about)
            if n >= 0:
                by_http.append(1000 * (between - started))
                bare.append(1000 * (time.perf_counter() - between))
    assert model is not None, "the benchmark names one"
    await model.close()
    over = statistics.median(one - other for one, other in zip(by_http, bare, strict=True))
    return [
        {"what": "a question by HTTP, ms", "measured": round(statistics.median(by_http), 1), "at_most": None},
        {"what": "the same to the bare graph, ms", "measured": round(statistics.median(bare), 1), "at_most": None},
        {"what": "difference of a pair, ms, median", "measured": round(over, 1), "at_most": MOST_MS},
    ]
