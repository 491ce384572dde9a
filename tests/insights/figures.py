"""Files of figures for tests, and people who send them."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.permissions import Role
from tests.api import Answer
from tests.factories import Person, World, as_system, make_person

HEADER: Final = ("机构或区划代码", "指标", "月份", "数值")


def table(*rows: Sequence[Any], name: str = "月报.csv", encoding: str = "utf-8-sig") -> Any:
    """Return a CSV of figures as a browser sends it."""
    return file_of([HEADER, *rows], name, encoding=encoding)


def file_of(lines: Sequence[Sequence[Any]], name: str, *, encoding: str = "utf-8-sig") -> Any:
    """Return a CSV of any lines."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return SimpleUploadedFile(name, text.getvalue().encode(encoding))


def workbook(*rows: Sequence[Any], title: str = "月度数据") -> Any:
    """Return the same as a workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    for row in (HEADER, *rows):
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return SimpleUploadedFile("月报.xlsx", written.getvalue())


def send(who: Person, file: Any, **words: str) -> Answer:
    """Send a file through the API."""
    answer = who.api.upload("/imports/", file, kind="volumes", **words)
    as_system()
    return answer


def admin_of(world: World) -> Person:
    """Return a system administrator, who works at the lead."""
    return make_person(world.lead, Role.SYSTEM_ADMIN)
