"""A report in a few lines of text, each claim with the ids that it rests on."""

from agents.report import Report


def summary(report: Report) -> str:
    """The narrative, the claims and the first caveat."""
    lines = [report.narrative, ""]
    for claim in report.claims:
        if claim.abstained:
            continue
        when = f"{claim.start_s:.1f}-{claim.end_s:.1f} s"
        about = f"{claim.level}, {claim.person or 'all'}, {when}: {claim.label} ({claim.confidence:.0%})"
        lines.append(f"- {about}. {claim.text} [{', '.join(claim.evidence)}]")
    return "\n".join([*lines, "", report.caveats[0]])
