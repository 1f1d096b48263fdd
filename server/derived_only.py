"""Media that are not to be kept are deleted, once and again: what was measured on them stays."""

from contextlib import suppress

from server.analysis_records import Analyses
from server.file_records import Files

AWAITED_S = 60.0  # for which media that came again wait for an analysis to be asked for


def drop_media(file: str, analyses: Analyses, files: Files) -> None:
    """Delete a file's media if they are not to be kept, once no analysis of them is under way."""
    of_file = analyses.of_file(file)
    if any(analysis.derived_only for analysis in of_file) and all(analysis.ended for analysis in of_file):
        files.media(file).unlink(missing_ok=True)


def drop_unasked(analyses: Analyses, files: Files, now: float) -> None:
    """Delete media that are not to be kept, and came again without that an analysis of them was asked for."""
    for file in analyses.derived_only_files():
        with suppress(FileNotFoundError):
            if now - files.media(file).stat().st_mtime > AWAITED_S:
                drop_media(file, analyses, files)
