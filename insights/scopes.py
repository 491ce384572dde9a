"""Says whose referrals a number is about, and how one leg is told to belong there."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q

from facilities.queries.directory import region_prefix
from insights.vocabulary import Scope

SENT: Final = frozenset({Scope.REGION_SENT, Scope.FACILITY_SENT})


@dataclass(frozen=True, slots=True)
class Where:
    """A scope with its keys: ids of alliances or facilities, codes of regions; several are counted together."""

    scope: Scope
    keys: tuple[str, ...] = ("",)

    def condition(self) -> Q:
        """Return which facts belong here."""
        if self.scope == Scope.ALL:
            return Q()
        if self.scope == Scope.ALLIANCE:
            return Q(alliance__in=list(map(UUID, self.keys)))
        if self.scope in {Scope.FACILITY_SENT, Scope.FACILITY_RECEIVED}:
            side = "from_facility" if self.scope in SENT else "to_facility"
            return Q(**{f"{side}__in": list(map(UUID, self.keys))})
        side = "from_region" if self.scope in SENT else "to_region"
        found = Q(pk__in=[])
        for key in self.keys:
            found |= Q(**{f"{side}__startswith": region_prefix(key)})
        return found


EVERYTHING: Final = Where(Scope.ALL)


def received_by(facility_id: UUID) -> Where:
    """Return the scope of what one facility receives."""
    return Where(Scope.FACILITY_RECEIVED, (str(facility_id),))
