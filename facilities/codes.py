"""Checks the codes that identify institutions."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as BadNumber


def normal_uscc(text: str) -> str:
    """Return a unified social credit code (GB 32100-2015) without blanks and hyphens, in capitals.

    Raises ValidationError where length, alphabet or check character are wrong.
    """
    try:
        number: str = uscc.validate(text)
    except BadNumber as error:
        raise ValidationError(
            _("This is not a unified social credit code: its check character does not fit."),
            code="uscc",
        ) from error
    return number


def validate_uscc(text: str) -> None:
    """Refuse a wrong code, and one that is not in its normal form."""
    if normal_uscc(text) != text:
        raise ValidationError(_("Write the code without blanks, in capital letters."), code="uscc")
