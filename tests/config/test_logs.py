"""Logs are one JSON object a line, with named fields only: no query strings, no bodies, no values of exceptions."""

import json
import logging
import sys

import pytest
from django.test import Client

from config.logs import JsonFormatter


def _line(**extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "said %s", "args": ("it",), **extra}
    )
    loaded = json.loads(JsonFormatter().format(record))
    assert isinstance(loaded, dict)
    return loaded


def test_only_allowed_fields_leave() -> None:
    line = _line(status=200, body="secret", patient_name="secret")
    assert line["message"] == "said it"
    assert line["status"] == 200
    assert "secret" not in json.dumps(line)
    assert str(line["time"]).endswith("+00:00")


def test_an_exception_says_where_but_not_what() -> None:
    try:
        raise ValueError("a name that nobody may read")
    except ValueError:
        error = sys.exc_info()[1]
        line = _line(exc_info=sys.exc_info(), msg=f"Task x raised {error!r}: {error}", args=())
    assert line["message"] == "Task x raised ValueError: ValueError"
    assert line["exception"] == "ValueError"
    assert "test_logs.py" in str(line["where"])
    assert "nobody may read" not in json.dumps(line)


@pytest.mark.django_db
def test_the_access_line_has_no_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="access"):
        client.get("/sign-in/?next=/secret-place/")
        client.get("/healthz?x=1")
    [record] = [record for record in caplog.records if record.name == "access"]
    assert record.__dict__["path"] == "/sign-in/"
    assert record.__dict__["method"] == "GET"
    assert record.__dict__["status"] == 200
    assert "secret-place" not in JsonFormatter().format(record)
