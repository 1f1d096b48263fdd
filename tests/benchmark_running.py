"""A benchmark's run for a test: a model whose labels are fixed, and the log with its scores."""

import json

from inspect_ai import eval as inspect_eval
from scripted_endpoint import sample, schema_of


def scores_of(task, folder):
    """Run a task and return its log, which is kept in the folder, and its scores by name."""
    (log,) = inspect_eval(task, model="none/none", log_dir=str(folder / "logs"), display="none", max_samples=1)
    assert log.status == "success", log.error
    return log, {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def always(*labels):
    """A model that claims these labels wherever they can be claimed, on the first thing that can be cited."""

    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        drafts = schema["properties"].get("claims")
        if not drafts:
            return 200, json.dumps(sample(schema)), "stop"
        fields = drafts["items"]["properties"]
        claims = [
            {
                "label": label, "text": "It is to be seen.", "start_ms": 0, "end_ms": 500, "confidence_percent": 70,
                "second_label": None, "second_percent": 0, "evidence": fields["evidence"]["items"]["enum"][:1],
                "abstained": False,
            }
            for label in labels if label in fields["label"]["enum"]
        ]  # fmt: skip
        return 200, json.dumps({"claims": claims[:1]}), "stop"

    return answer
