"""What is wrong with a file is told with its line and column before anything uses it."""

import json

import pytest

from evals.errors import DatasetError
from evals.pulse_files import pure_wave
from evals.reading import csv_rows, jsonl_rows, table_rows


def test_a_row_that_is_shorter_than_the_header_is_told(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text('file,label,subject\na.mp4,"two\nlines",s1\n\nb.mp4,joy\n')
    with pytest.raises(DatasetError, match=r"t\.csv, line 5: the row ends before column subject"):
        csv_rows(table, ("file", "label"))


def test_a_row_with_empty_cells_is_whole(tmp_path):
    (tmp_path / "t.csv").write_text("file,label\na.mp4,\n")
    assert csv_rows(tmp_path / "t.csv", ("file",)) == [{"file": "a.mp4", "label": ""}]


def test_a_line_ends_where_a_line_ends(tmp_path):
    words = "yes\u2028and\u0085no"  # which Python would take for ends of lines
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": words}, ensure_ascii=False) + "\r\n", encoding="utf-8")
    assert jsonl_rows(tmp_path / "t.jsonl", ("id",)) == [{"id": words}]


@pytest.mark.parametrize("column", ["clip", "transcript"])
def test_a_number_is_no_name_of_a_file(column, tmp_path):
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": 1, column: 5}))
    with pytest.raises(DatasetError, match=rf"t\.jsonl, object 1, column {column}: 5 is no name of a file"):
        table_rows(tmp_path, "t", ("id",))


def test_a_pulse_that_is_no_object_is_told(tmp_path):
    (tmp_path / "01-01.json").write_text("[1, 2]")
    with pytest.raises(DatasetError, match=r"01-01\.json: has not the fields of PURE.*it is no JSON object"):
        pure_wave(tmp_path / "01-01.json")


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_an_optional_column_under_another_spelling_is_told(name, tmp_path):
    (tmp_path / name).write_text("id,transcipt,mood\n1,a.srt,2\n" if name == "t.csv" else '{"id": 1, "transcipt": "a"}')
    with pytest.raises(DatasetError, match="column transcipt is not known; rename it to transcript, or remove it"):
        table_rows(tmp_path, "t", ("id",), ("clip", "transcript"))


def test_a_field_of_pure_that_is_missing_is_named(tmp_path):
    (tmp_path / "01-01.json").write_text(
        '{"/FullPackage": [{"Timestamp": 1, "Value": {}}], "/Image": [{"Timestamp": 0}]}'
    )
    with pytest.raises(DatasetError, match=r"\(Timestamp\): waveform is missing"):
        pure_wave(tmp_path / "01-01.json")
