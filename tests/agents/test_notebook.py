"""A notebook shows a report's claims in words, and runs nothing that a clip or a model says."""

from html.parser import HTMLParser

from contract_making import reports
from hypothesis import HealthCheck, given, settings

EVIL = "<script>alert(1)</script>"


class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_every_claim_is_shown_and_nothing_of_it_is_run(report):
    claims = tuple(claim.model_copy(update={"text": EVIL}) for claim in report.claims)
    shown = Seen()
    shown.feed(report.model_copy(update={"narrative": EVIL, "claims": claims})._repr_html_())
    assert "script" not in shown.tags
    assert shown.text.count(EVIL) == 1 + len(claims)
