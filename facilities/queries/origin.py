"""Says where a file comes from: who took it out, for which colleague, at which institution, and when."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.models import Facility


@dataclass(frozen=True, slots=True)
class Origin:
    """Who took a file out; it says so in the language in use."""

    person: str
    colleague: str
    facility: str
    at: datetime

    @property
    def who(self) -> str:
        """Return the person, and the colleague for whom a deputy acted."""
        if not self.colleague:
            return self.person
        return _("%(person)s for %(colleague)s") % {
            "person": self.person,
            "colleague": self.colleague,
        }

    @property
    def words(self) -> str:
        """Return all of it in one line, to stand on paper or behind each row."""
        return f"{self.who} · {self.facility} · {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


def origin(by: Actor, at: datetime) -> Origin:
    """Return whose file this is; one statement."""
    names = Facility.objects.filter(pk=by.place).values_list("name", flat=True)
    return Origin(by.name, by.for_name, names.first() or "", at)
