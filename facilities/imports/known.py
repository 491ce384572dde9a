"""Knows what the database and the file hold, so that no row needs a query of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from facilities.models import Department, Facility, Region
from facilities.vocabulary import FacilityKind

CHUNK: Final = 5_000


@dataclass(slots=True)
class Known:
    """Codes and ids of the directory, read once; rows of the file are added as they are checked.

    `stored` are the codes of the database alone; `kinds` are those of health authorities, and of what the file names;
    `departments` are by facility code and subject.
    """

    regions: frozenset[str]
    facilities: dict[str, UUID]
    stored: frozenset[str]
    uscc_owner: dict[str, str]
    campus_of: dict[str, str]
    kinds: dict[str, str] = field(default_factory=dict)
    departments: dict[tuple[str, str], UUID] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """Read the codes of all regions and facilities; four columns of each facility."""
        facilities: dict[str, UUID] = {}
        uscc_owner: dict[str, str] = {}
        campus_of: dict[str, str] = {}
        rows = Facility.objects.values_list("code", "id", "uscc", "legal_person__code")
        for code, facility_id, uscc, legal_person in rows:
            facilities[code] = facility_id
            if uscc:
                uscc_owner[uscc] = code
            if legal_person:
                campus_of[code] = legal_person
        regions = frozenset(Region.objects.values_list("code", flat=True))
        authorities = Facility.objects.filter(kind=FacilityKind.AUTHORITY).values_list(
            "code", "kind"
        )
        return cls(
            regions, facilities, frozenset(facilities), uscc_owner, campus_of, dict(authorities)
        )

    def load_departments(self, facility_codes: Iterable[str]) -> None:
        """Read the departments of the named facilities; of several by one code the oldest counts."""
        codes = {self.facilities[code]: code for code in facility_codes if code in self.stored}
        ids = list(codes)
        for start in range(0, len(ids), CHUNK):
            rows = Department.objects.filter(facility__in=ids[start : start + CHUNK])
            for department_id, facility_id, code in rows.order_by("-id").values_list(
                "id", "facility_id", "code"
            ):
                self.departments[codes[facility_id], code] = department_id
