"""What a person reads in the terminal: what went wrong once, what was not accepted with person and round."""

import io

import pytest
from measured_once import knowing
from rich.console import Console
from scripted_endpoint import scripted_endpoint

import mentalis
from agents.claims import RejectedClaim
from agents.report import Failure, TokenUse
from graphs.events import AgentFinished, AgentStarted
from mentalis.progress import Progress
from perception.evidence import Observation
from reports.model_account import model_account
from reports.terminal import print_report


@pytest.fixture(scope="module")
def silent(demo, tmp_path_factory):
    """A report by a model that never answers."""
    with scripted_endpoint(lambda request: (500, "", "")) as endpoint:
        given = {"data": knowing(tmp_path_factory.mktemp("data")), "model": "tiny", "base_url": endpoint.url}
        return mentalis.analyze(demo.clip, tools=("blinks",), retries=0, audit_pairs=0, **given)


def printed(report):
    said = io.StringIO()
    print_report(report, Console(file=said, width=400))
    return said.getvalue()


def fell(text, person="P1", round_=0):
    return RejectedClaim(level="emotion", person=person, text=text, reason="why", round=round_)


def test_an_endpoint_that_is_away_is_said_once_for_all_levels_and_people(silent):
    failures = tuple(
        Failure(stage=f"agent {level}", what=f"{person}: no model endpoint answers")
        for level in ("behaviour", "emotion")
        for person in ("P1", "everyone")
    )
    said = printed(silent.model_copy(update={"failures": failures}))
    assert said.count("no model endpoint answers") == 1
    assert "! agent behaviour, agent emotion: no model endpoint answers" in said


def test_a_model_that_never_answered_worded_nothing(silent):
    assert not any("worded the claims" in caveat for caveat in silent.caveats)
    assert any("gave no valid answer" in caveat for caveat in silent.caveats)


@pytest.mark.parametrize(("calls", "told"), [(1, "1 call, 9 prompt tokens"), (2, "2 calls, 9 prompt tokens")])
def test_calls_are_counted_in_english(calls, told, silent):
    tokens = TokenUse(calls=calls, prompt_tokens=9)
    answered = silent.model_copy(update={"provenance": silent.provenance.model_copy(update={"tokens": tokens})})
    assert any(line.startswith(told) for line in model_account(answered))


def test_what_is_not_accepted_comes_with_person_and_round_and_the_rest_is_counted(silent):
    rejected = (fell("Glad."), fell("Glad."), fell("Sad.", None, 1), *(fell(f"Other {n}.") for n in range(5)))
    said = printed(silent.model_copy(update={"rejected": rejected}))
    assert "- emotion of P1: Glad. (why) (2 times)" in said
    assert "- emotion of all, revision 1: Sad. (why)" in said
    assert "- and 2 more" in said


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            {"agent": "all_levels", "person": "P2", "claims": 3, "rejected": 2},
            "all_levels P2 1.00 s 3 claims, 2 rejected",
        ),
        ({"agent": "critic"}, "critic 1.00 s"),
        ({"agent": "emotion", "claims": 1}, "emotion 1.00 s 1 claim"),
    ],
)
def test_a_line_of_progress_counts_the_claims_of_whoever_makes_them(told, line, capsys):
    Progress("clip").tell(AgentFinished(seconds=1.0, **told))
    assert " ".join(capsys.readouterr().err.split()).removeprefix("✓ ") == line


def test_an_agent_is_seen_at_work_until_it_is_done():
    progress = Progress("clip", quiet=True)
    for person in ("P1", "P2"):
        progress.tell(AgentStarted(agent="emotion", person=person))
    progress.tell(AgentFinished(agent="emotion", person="P1"))
    assert [task.description for task in progress._bars.tasks] == ["emotion P2"]


def test_progress_says_what_went_wrong_in_full_once(capsys):
    progress = Progress("clip")
    for person in ("P1", "P2"):
        progress.tell(AgentFinished(agent="emotion", person=person, claims=0, error=f"{person}: it is away"))
    assert capsys.readouterr().err.count("it is away") == 1


def test_a_pulse_is_told_with_its_value(silent):
    pulse = Observation(
        id="heart_rate-1", tool="rppg", kind="heart_rate", person="P1", start_s=0.0, end_s=silent.clip.duration_s,
        value=71.7, unit="bpm", text="P1: heart rate 72 bpm", confidence=0.8, quality=0.9,
    )  # fmt: skip
    observations = (*silent.evidence.observations, pulse)
    evidence = silent.evidence.model_copy(update={"observations": observations})
    told = printed(silent.model_copy(update={"evidence": evidence}))
    assert "P1: heart rate 72 bpm [heart_rate-1], confidence 80%" in told
