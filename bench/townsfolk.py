"""Registers more people at the clinics that file, so that nobody is referred far more often than a person is.

The small network has some twenty patients a clinic; thousands of submissions would give each of them a
hundred open legs, and the guard against duplicates, which reads them, would be what is measured.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import scope
from facilities.models import Facility, Region
from facilities.vocabulary import RegionLevel, Tier
from scenarios.generation import copying, residents
from scenarios.generation.chance import dice
from scenarios.generation.network import Group, Site

A_CLINIC: Final = 600
# Far behind the people of the generated networks.
FIRST: Final = 50_000_000
# Data that are kept are measured again, with other people each time: so many minutes go by until the first come again.
MINUTES: Final = 2000


@transaction.atomic
def register(clinics: Sequence[tuple[Facility, UUID]]) -> dict[UUID, list[UUID]]:
    """Register the same number of adults at each clinic, given with one of its doctors; return whom, by clinic."""
    scope.enter_system()
    region = Region.objects.filter(level=RegionLevel.COUNTY, ended__isnull=True).earliest("code")
    since = timezone.now() - timedelta(days=30)
    first = FIRST + int(time.time() // 60) % MINUTES * A_CLINIC * len(clinics)
    found: dict[UUID, list[UUID]] = {}
    for number, (clinic, doctor) in enumerate(clinics):
        site = Site(clinic.pk, Tier.PRIMARY, doctors=[doctor])
        alone = Group(region.code, region.pk, clinic.pk, lead=site, second=site, clinics=[site])
        known, rows = residents.register(
            *(A_CLINIC, alone),
            seed=1,
            first=first + number * A_CLINIC,
            since=since,
            chance=dice("townsfolk", clinic.pk, first),
        )
        for table in rows.in_order():
            copying.copy_table(table)
        found[clinic.pk] = [each.id for each in known]
    return found
