"""Scores as CSV, a row for each score, and as LaTeX, a table for each benchmark."""

import csv
import io
from collections.abc import Sequence

from evals.reporting.scoring import Score, Scores

COLUMNS = ("benchmark", "run", "model", "strategy", "stratum", "value_of_stratum", "metric", "score",
           "standard_error", "low", "high", "level", "resamples", "undefined_resamples", "n", "clusters", "coverage",
           "abstained", "unparsed", "note", "log")  # fmt: skip
SPECIAL = str.maketrans(
    {
        "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
        "<": r"\textless{}", ">": r"\textgreater{}", "\n": " ",
    }
)  # fmt: skip

Named = tuple[str, Scores]  # what the run is called beside the others, and its scores


def csv_text(rows: Sequence[Named]) -> str:
    """All scores, one a row; empty where there is no value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, scores in rows:
        run, (stratum, of) = scores.run, scores.stratum or ("", "")
        for score in scores.scores:
            shares = (scores.n, scores.clusters, scores.coverage, scores.abstained, scores.unparsed)
            about = (run.benchmark.name, name, run.model, run.strategy, stratum, of)
            told = (score.metric, score.value, score.standard_error, *_interval(score))
            writer.writerow((*about, *told, *shares, score.note, run.path.name))
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
    metrics = [score.metric for score in rows[0][1].scores]
    resamples = {s.interval.resamples for _, scores in rows for s in scores.scores if s.interval}
    interval = f" with 95\\,\\% intervals (cluster bootstrap, {max(resamples)} resamples)" if resamples else ""
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{escaped(benchmark)}: scores{interval}.}}",
        f"\\label{{tab:{benchmark.replace('_', '-')}}}",
        f"\\begin{{tabular}}{{l{'r' * (len(metrics) + 2)}}}",
        "\\toprule",
        " & ".join(["", *map(escaped, metrics), "$n$", "coverage"]) + r" \\",
        "\\midrule",
        *(
            " & ".join([escaped(name), *map(_cell, scores.scores), str(scores.n), f"{scores.coverage:.3f}"]) + r" \\"
            for name, scores in rows
        ),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
        "",
    ]
    return "\n".join(lines)


def _cell(score: Score) -> str:
    if score.value is None:
        return "--"
    value = f"{score.value:.3f}"
    if score.standard_error is not None:
        value += rf" $\pm$ {score.standard_error:.3f}"
    if score.interval is None:
        return value
    return f"{value} {{\\scriptsize [{score.interval.low:.3f}, {score.interval.high:.3f}]}}"


def escaped(text: str) -> str:
    """Words as LaTeX sets them."""
    return text.translate(SPECIAL)
