"""Scores as CSV, a row for each score, and as LaTeX, a table for each benchmark."""

import csv
import io
from collections.abc import Sequence

from evals.reporting.scoring import NO_INTERVAL, Score, Scores

COLUMNS = ("benchmark", "run", "model", "strategy", "stratum", "value_of_stratum", "metric", "score",
           "standard_error", "n", "coverage", "low", "high", "level", "resamples", "undefined_resamples", "answers",
           "clusters", "answered", "abstained", "withheld", "unparsed", "note", "log")  # fmt: skip
SPECIAL = str.maketrans(
    {
        "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
        "<": r"\textless{}", ">": r"\textgreater{}", "\n": " ",
    }
)  # fmt: skip

NONE = (None,) * 3  # n, coverage and standard error of a metric that is not defined

Named = tuple[str, Scores]  # what the run is called beside the others, and its scores


def csv_text(rows: Sequence[Named]) -> str:
    """All scores, one a row; empty where there is no value.

    `n` and `coverage` are the metric's own; `answered`, `abstained` and `unparsed` are shares of all `answers`; those
    `withheld` by the checks are among the abstained.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, scores in rows:
        run, (stratum, of) = scores.run, scores.stratum or ("", "")
        for score in scores.scores:
            counts = (scores.asked, scores.clusters)
            shares = (*counts, scores.answered, scores.abstained, scores.withheld, scores.unparsed)
            about = (run.benchmark.name, name, run.model, run.strategy, stratum, of)
            n, covered, error = (
                (score.found.n, score.found.coverage, score.found.standard_error) if score.found else NONE
            )
            told = (score.metric, score.value, error, n, covered, *_interval(score))
            bare = scores.stratum is not None and score.found is not None and score.interval is None
            writer.writerow((*about, *told, *shares, score.note or (NO_INTERVAL if bare else ""), run.path.name))
    return out.getvalue()


def _interval(score: Score) -> tuple[float | str, ...]:
    if score.interval is None:
        return ("",) * 5
    found = score.interval
    return found.low, found.high, found.level, found.resamples, found.undefined


def latex(rows: Sequence[Named]) -> str:
    r"""A table with `\toprule` and its like (package booktabs) for each benchmark, of the scores over all samples."""
    whole = [(name, scores) for name, scores in rows if scores.stratum is None]
    benchmarks = dict.fromkeys(scores.run.benchmark.name for _, scores in whole)
    return "\n".join(_table(b, [pair for pair in whole if pair[1].run.benchmark.name == b]) for b in benchmarks)


def _table(benchmark: str, rows: Sequence[Named]) -> str:
    resamples = {s.interval.resamples for _, scores in rows for s in scores.scores if s.interval}
    interval = f" with 95\\,\\% intervals (cluster bootstrap, {max(resamples)} resamples)" if resamples else ""
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{escaped(benchmark)}: scores{interval}.}}",
        f"\\label{{tab:{benchmark.replace('_', '-')}}}",
        "\\begin{tabular}{llrrr}",
        "\\toprule",
        r" & & score & $n$ & coverage \\",
        *(line for name, scores in rows for line in ("\\midrule", *_lines(name, scores))),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
        "",
    ]
    return "\n".join(lines)


def _lines(name: str, scores: Scores) -> list[str]:
    """A line for each metric of a run, which is named in the first."""
    names = [name, *[""] * (len(scores.scores) - 1)]
    cells = [(n, score.metric, *_cells(score)) for n, score in zip(names, scores.scores, strict=True)]
    return [" & ".join([escaped(n), escaped(metric), *told]) + r" \\" for n, metric, *told in cells]


def _cells(score: Score) -> tuple[str, str, str]:
    """The score, how many it is of, and which share of them was answered."""
    if score.found is None:
        return "--", "--", "--"
    found = score.found
    value = f"{found.value:.3f}"
    if found.standard_error is not None:
        value += rf" $\pm$ {found.standard_error:.3f}"
    if score.interval:
        value += f" {{\\scriptsize [{score.interval.low:.3f}, {score.interval.high:.3f}]}}"
    return value, str(found.n), f"{found.coverage:.3f}"


def escaped(text: str) -> str:
    """Words as LaTeX sets them."""
    return text.translate(SPECIAL)
