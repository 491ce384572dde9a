"""Opens the patient's page in tests: a link, the year of birth, and what is said there."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts import scope
from referral import links
from referral.models import LinkKind, Referral
from tests.factories import Person, World, as_system

YEAR = "1961"


def token_for(referral: Referral, by: Person, *, place: int = 1) -> str:
    """Return the token of a code that a facility has printed."""
    side = "sender" if by.facility.pk == referral.from_facility_id else "receiver"
    scope.enter(by.actor)
    token = links.make(
        referral,
        LinkKind.PATIENT,
        by=by.actor,
        now=timezone.now(),
        purpose=f"{side}_{place}",
    )
    as_system()
    return token


@dataclass(slots=True)
class Telephone:
    """The browser of somebody who holds a link."""

    token: str
    client: Client = field(default_factory=Client)

    def get(self, **query: str) -> Any:
        """Open the page."""
        answer = self.client.get(f"/t/{self.token}/", query)
        as_system()
        return answer

    def text(self, **query: str) -> str:
        """Return the page."""
        answer = self.get(**query)
        assert answer.status_code == 200, answer.content
        return str(answer.content.decode())

    def say(self, part: str, **words: str) -> Any:
        """Send one of its forms."""
        answer = self.client.post(f"/t/{self.token}/", {"say": part, **words})
        as_system()
        return answer

    def year(self, year: str = YEAR) -> Any:
        """Say the year of birth."""
        return self.say("year", year=year)

    def hidden(self) -> dict[str, str]:
        """Return the hidden words of the forms on the page."""
        return dict(re.findall(r'name="(word|version)" value="([^"]+)"', self.text()))


def known(world: World, referral: Referral) -> Telephone:
    """Return a telephone on which the year of birth was said."""
    telephone = Telephone(token_for(referral, world.doctor))
    assert telephone.year().status_code == 302
    return telephone
