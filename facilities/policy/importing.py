"""Says who may import which kind of file."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind as Refusal
from accounts.errors import Refused
from accounts.permissions import Permission
from facilities.policy.directory import may_edit_directory

# The directory as a whole, from a workbook or the sheet that a CSV holds; or the sessions of a facility.
DIRECTORY: Final = "directory"
POOLS: Final = "pools"
KINDS: Final = (DIRECTORY, "facilities", "departments", "staff", POOLS)


def importable(by: Actor) -> list[str]:
    """Return the kinds that `by` may import: the directory is the system administrator's, pools their facility's."""
    directory = KINDS[:-1] if may_edit_directory(by) else ()
    return [*directory, *([POOLS] if by.can(Permission.CAPACITY_MANAGE) else [])]


def demand_import(by: Actor, kind: str) -> None:
    """Refuse whoever may not import this kind. Raises Refused."""
    if kind not in importable(by):
        text = _("Your post may not import this.")
        raise Refused("import-forbidden", text, kind=Refusal.FORBIDDEN)
