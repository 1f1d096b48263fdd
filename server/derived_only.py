"""Media that are not to be kept are deleted, once and again: what was measured on them stays."""

from contextlib import suppress

from server.analysis_records import Analyses
from server.file_records import Files

AWAITED_S = 60.0  # for which media that came again wait for an analysis to be asked for


def drop_media(file: str, analyses: Analyses, files: Files, now: float | None = None) -> None:
    """Delete a file's media if they are not to be kept, once no analysis of them is under way.

    Where it is said what time it is `now`, media that came again since the last analysis was asked for are left for a
    while: who has just sent them may be about to ask.
    """
    of_file = analyses.of_file(file)
    if not (any(analysis.derived_only for analysis in of_file) and all(analysis.ended for analysis in of_file)):
        return
    with suppress(FileNotFoundError):
        came_at = files.media(file).stat().st_mtime
        asked_at = max(analysis.created_at for analysis in of_file)
        if now is None or came_at <= asked_at or now - came_at > AWAITED_S:
            files.media(file).unlink()


def drop_unasked(analyses: Analyses, files: Files, now: float) -> None:
    """Delete media that are not to be kept, and came again without that an analysis of them was asked for since."""
    for file in analyses.derived_only_files():
        drop_media(file, analyses, files, now)
