"""Turns log records into one JSON object a line; only fields of an allow-list leave the process."""

import logging
import re
from datetime import UTC, datetime

import orjson

# Fields a caller may add by `extra=`. No paths with query strings, no bodies, no names of people.
ALLOWED_FIELDS = (
    "event",
    "method",
    "path",
    "status",
    "duration_ms",
    "user",
    "facility",
    "request_id",
    "referral",
    "verb",
    "topic",
    "channel",
    "outbox",
    "attempt",
    "count",
    "reason",
    "task",
)
# The addresses whose last part is a secret (referral/links.py), wherever somebody quotes a path.
SECRET_ADDRESS = re.compile(r"/([ot])/[^/\s?#'\"]+")


def masked(text: str) -> str:
    """Return a text without the tokens of secret addresses: `/o/<token>/` becomes `/o/***/`."""
    return SECRET_ADDRESS.sub(r"/\1/***", text)


class JsonFormatter(logging.Formatter):
    """Renders time, level, logger, message, allowed extra fields, and the place of an exception (not its values)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        row: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(_message(record)),
        }
        row.update(
            {name: getattr(record, name) for name in ALLOWED_FIELDS if hasattr(record, name)}
        )
        if "path" in row:
            row["path"] = masked(str(row["path"]))
        if record.exc_info and record.exc_info[0]:
            row["exception"] = record.exc_info[0].__name__
            row["where"] = _frames(record)
        return orjson.dumps(row, default=str).decode()


def _message(record: logging.LogRecord) -> str:
    """Return the message without the text of the exception it may quote (Celery's does): that text may hold data."""
    text = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    for words in (repr(error), str(error)) if error else ():
        if words:
            text = text.replace(words, type(error).__name__)
    return text


def _frames(record: logging.LogRecord) -> list[str]:
    """Return file:line:function of the innermost frames; exception texts may quote data, so they stay out."""
    trace = record.exc_info[2] if record.exc_info else None
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return places[-12:]
