"""People and machine are compared level by level, for each level has labels of its own."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from unstarted_app import report

from server.agreement import agreement


def corrected(**verdicts):
    """Corrections of P1's claims: `emotion_1="fear"` is another label, "accept" and "reject" are what they say."""
    for claim, verdict in verdicts.items():
        label = None if verdict in ("accept", "reject") else verdict
        yield {"claim": f"P1-{claim.replace('_', '-')}", "verdict": "relabel" if label else verdict, "label": label}


def test_kappa_of_one_level_is_not_raised_by_anothers_labels():
    """Of two claims of surprise one is kept, as chance would have it; that behaviour was told right changes nothing."""
    verdicts = corrected(emotion_1="accept", emotion_2="fear", behaviour_1="accept", behaviour_5="accept")
    n, kept, by_level = agreement(list(verdicts), report())
    assert (n, kept) == (4, 0.75)
    assert by_level["emotion"] == (2, 0.5, 0.0)
    assert by_level["behaviour"] == (2, 1.0, 1.0)
    assert by_level["cognition"] == (0, None, None)


def test_kappa_is_cohens():
    """Machine: surprise, surprise, happiness, neutral; people: surprise, happiness, happiness, neutral."""
    verdicts = corrected(emotion_1="accept", emotion_2="happiness", emotion_3="accept", emotion_4="accept")
    _, _, by_level = agreement(list(verdicts), report())
    chance = (2 * 1 + 1 * 2 + 1 * 1) / 16
    assert by_level["emotion"].kappa == pytest.approx((0.75 - chance) / (1 - chance), abs=1e-4)


def test_kappa_is_undefined_where_all_say_one_label():
    _, kept, by_level = agreement(list(corrected(emotion_1="accept", emotion_2="accept")), report())
    assert kept == 1.0
    assert by_level["emotion"] == (2, 1.0, None)


def test_corrections_of_claims_that_are_not_there_count_for_nothing():
    assert agreement(list(corrected(emotion_9="accept")), report())[:2] == (0, None)
