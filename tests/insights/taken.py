"""Takes files of numbers out as people do: asks through the API, lets the worker make them, and fetches them."""

import csv
import io
from typing import Any

import openpyxl

from insights import exports_tasks
from tests.api import Answer
from tests.factories import Person, as_system

EXPORTS = "/exports/"


def ask(
    who: Person, kind: str, form: str = "csv", *, key: str | None = None, **words: Any
) -> Answer:
    """Ask for a file."""
    said = {name: str(word) for name, word in words.items()}
    answer = who.api.post(EXPORTS, {"kind": kind, "format": form, **said}, key=key)
    as_system()
    return answer


def state(who: Person, made: Answer) -> dict[str, Any]:
    """Return what is told of a file."""
    answer = who.api.get(f"{EXPORTS}{made.body['id']}/")
    as_system()
    return answer.body


def fetch(who: Person, made: Answer) -> Answer:
    """Fetch it."""
    answer = who.api.get(f"{EXPORTS}{made.body['id']}/file/")
    as_system()
    return answer


def work() -> int:
    """Let the worker make what waits."""
    done = exports_tasks.make_exports()
    as_system()
    return done


def taken(who: Person, kind: str, form: str = "csv", **words: Any) -> bytes:
    """Return a file, whoever makes it."""
    made = ask(who, kind, form, **words)
    assert made.status in {201, 202}, made.body
    work()
    answer = fetch(who, made)
    assert answer.status == 200, (answer.body, state(who, made))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return answer.content


def table(content: bytes) -> list[list[str]]:
    """Return the lines of a CSV."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet(content: bytes, number: int = 0) -> list[list[Any]]:
    """Return the cells of a sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(row) for row in book.worksheets[number].iter_rows()]
