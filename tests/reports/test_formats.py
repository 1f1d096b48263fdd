"""A report is written whole, read back as it was, and exported in forms that other programs read."""

import csv
import io
import re
from xml.etree import ElementTree as Xml

import pyarrow.parquet as pq
import pytest
from contract_making import reports
from hypothesis import given, settings
from measured_once import knowing

import mentalis
from reports.elan import eaf
from reports.html import html
from reports.subtitles import srt, vtt
from reports.tables import csv_text, openface_csv, parquet_bytes
from reports.writing import ReportError, read_report, write_report


@pytest.fixture(scope="module")
def report(demo, tmp_path_factory):
    return mentalis.analyze(demo.clip, transcript=demo.transcript, data=knowing(tmp_path_factory.mktemp("data")))


def test_files_are_written_and_read_back(report, tmp_path):
    write_report(report, tmp_path)
    assert read_report(tmp_path / "report.json") == report
    table = pq.read_table(tmp_path / "signals.parquet").to_pydict()
    assert len(table["value"]) == sum(len(s.values) for s in report.evidence.signals)


def test_a_signal_of_nobody_is_kept_as_such(report, tmp_path):
    voice = report.evidence.signals[0].model_copy(update={"person": None, "name": "loudness"})
    evidence = report.evidence.model_copy(update={"signals": (*report.evidence.signals, voice)})
    write_report(report.model_copy(update={"evidence": evidence}), tmp_path)
    rows = pq.read_table(tmp_path / "signals.parquet").to_pylist()
    assert {row["person"] for row in rows if row["signal"] == "loudness"} == {None}
    assert {row["person"] for row in rows} == {None, "P1"}


@settings(max_examples=30, deadline=None)
@given(any_report=reports())
def test_any_report_can_be_written_in_every_format(any_report):
    for write in (parquet_bytes, csv_text, openface_csv, eaf, srt, vtt, html):
        assert write(any_report) is not None


def test_the_page_loads_nothing_and_holds_every_claim(report):
    page = html(report)
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="http', page)
    for claim in report.claims:
        assert f'data-id="{claim.id}"' in page


def test_openface_names_its_columns_and_leaves_out_what_was_not_measured(report):
    rows = list(csv.DictReader(io.StringIO(openface_csv(report))))
    assert {"AU12_r", "AU12_c", "AU45_c", "pose_Rx", "gaze_angle_x"} <= set(rows[0])
    assert max(float(r["AU12_r"]) for r in rows if r["AU12_r"]) > 2
    assert {r["AU45_c"] for r in rows} == {"0", "1"}


def test_csv_elan_and_subtitles_hold_the_claims(report):
    spoken = [c for c in report.claims if not c.abstained]
    assert sum(r["row"] == "claim" for r in csv.DictReader(io.StringIO(csv_text(report)))) == len(report.claims)
    document = Xml.fromstring(eaf(report))
    assert len(document.findall(".//ALIGNABLE_ANNOTATION")) == len(spoken) + len(report.evidence.observations)
    assert srt(report).count(" --> ") == vtt(report).count(" --> ") == len(spoken)


def test_what_is_no_report_is_refused(tmp_path):
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(ReportError, match=r"report\.json"):
        read_report(tmp_path / "report.json")


def test_no_line_is_drawn_across_what_was_not_measured():
    from perception.evidence import Signal
    from reports.html import _thinned

    times_s = (*(n / 10 for n in range(10)), *(5 + n / 10 for n in range(10)))
    signal = Signal(name="AU12", tool="action_units", unit="FACS 0-5", times_s=times_s, values=(1.0,) * 20)
    xs, ys = _thinned(signal)
    assert (len(xs), ys.count(None)) == (21, 1)
    assert ys.index(None) == 10
    assert xs[9] == xs[10] == 0.9
    whole = signal.model_copy(update={"times_s": tuple(n / 10 for n in range(20))})
    assert None not in _thinned(whole)[1]
