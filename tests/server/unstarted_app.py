"""The application without its jobs, in this process: for what needs no analysis to run."""

from pathlib import Path
from types import SimpleNamespace

import httpx
from fastapi import FastAPI

from agents.report import Report
from reports.writing import write_file
from server.analysis_records import Analyses
from server.app import create_app
from server.sending import Demo
from server.settings import ServerSettings

REPORT = Path(__file__).with_name("page_report.json")


def app_in(folder, engine=None, **settings):
    """The application, which keeps its things in `folder`; `engine` stands in for the product."""
    stub = engine or SimpleNamespace()
    for name in ("check", "trouble"):
        vars(stub).setdefault(name, lambda *_: None)
    return create_app(stub, ServerSettings(_env_file=None, **settings), folder, "1.2.3", Demo(lambda: None, ""))


def client_of(app: FastAPI):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080")


def report():
    """A real one."""
    return Report.model_validate_json(REPORT.read_bytes())


def keep_report(app, folder, analysis):
    """An analysis is done."""
    write_file(folder / "analyses" / analysis / "report.json", report().model_dump_json())
    Analyses(app.state.access.engine).end(analysis, "done", {"kind": "report", "id": analysis})
