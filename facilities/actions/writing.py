"""Writes one checked row of the directory, and turns what the models refuse into Refused."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from facilities.models.dated import Dated

Row = TypeVar("Row", bound=models.Model)
Term = TypeVar("Term", bound=Dated)


def _invalid(error: ValidationError) -> Refused:
    errors = {
        "body" if field == NON_FIELD_ERRORS else field: texts
        for field, texts in error.message_dict.items()
    }
    return Refused(
        "directory-invalid", _("The entry is not valid."), kind=Kind.INVALID, errors=errors
    )


def write(row: Row, fields: Iterable[str] | None = None) -> Row:
    """Check and write a row, the named fields only when given; raises Refused.

    Two writers at once are settled by the constraints: the loser is refused as a conflict.
    """
    try:
        row.full_clean()
    except ValidationError as error:
        raise _invalid(error) from error
    try:
        with transaction.atomic():
            row.save(update_fields=None if fields is None else list(fields))
    except IntegrityError as error:
        raise Refused(
            "directory-conflict", _("The entry contradicts another one in the directory.")
        ) from error
    return row


def locked(rows: models.QuerySet[Row], row_id: UUID) -> Row:
    """Return a row under lock; raises Refused where there is none. Needs a transaction."""
    row = rows.select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        raise Refused(
            "directory-missing", _("There is no such directory entry."), kind=Kind.NOT_FOUND
        )
    return row


def end(row: Term, on: date) -> Term:
    """Set the first day on which a dated row no longer holds; raises Refused."""
    if on <= row.starts:
        raise Refused(
            "directory-ends-before-start",
            _("The end must lie after the start."),
            kind=Kind.INVALID,
            errors={"ends": [str(_("The end must lie after the start."))]},
        )
    if row.ends is not None and row.ends <= on:
        raise Refused("directory-ended", _("It has ended already."))
    row.ends = on
    return write(row, ["ends"])
