"""Generates a network: places and people once, then part after part, each in a transaction of its own."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import timezone as FixedZone  # noqa: N812 - django.utils has a timezone too
from typing import Final

import django
from django.db import connections, transaction
from django.utils import timezone

from accounts import scope
from facilities.models import Facility
from scenarios.generation import copying, network, residents, writing
from scenarios.generation.chance import Calendar, dice
from scenarios.generation.journeys import Author
from scenarios.generation.network import Group

DAYS: Final = 3 * 365
LEGS_A_FACILITY: Final = 500
MOST_FACILITIES: Final = 2000
LEGS_A_PART: Final = 2500
LEGS_A_PATIENT: Final = 4
MOST_PROCESSES: Final = 4
# Below this a second process costs more than it brings.
LEGS_ALONE: Final = 20_000
ANALYZED: Final = (
    "accounts_user",
    "facilities_facility",
    "facilities_department",
    "facilities_staffpost",
    "facilities_alliance",
    "facilities_membership",
    "patients_patient",
    "patients_nameindex",
    "patients_identifier",
    "patients_consent",
    "patients_familydoctorcontract",
    "patients_accessgrant",
    "referral_episode",
    "referral_referral",
    "referral_transition",
    "referral_followup",
)


class CannotGenerate(Exception):
    """The database is not ready for this network; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to generate; `now` is where time stands still, and the last of `days` days."""

    referrals: int
    facilities: int
    seed: int
    now: datetime
    days: int = DAYS


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a group's referrals with patients of its own, written by one transaction.

    `first` counts the referrals of the parts before it, and numbers its patients: far fewer. `window`
    is its share of the period.
    """

    plan: Plan
    group: Group
    first: int
    legs: int
    window: tuple[float, float]


def facilities_for(referrals: int) -> int:
    """Return a fitting number of facilities for a number of referrals over three years."""
    return min(MOST_FACILITIES, max(network.GROUP_SIZE, referrals // LEGS_A_FACILITY))


def generate(plan: Plan) -> Iterator[int]:
    """Write the network and its referrals; yield how many referrals are written, part after part.

    Raises CannotGenerate without regions, and where a network of this seed is there already.
    """
    parts = _parts(plan, _network(plan))
    written = 0
    yield written
    for done in _in_processes(parts) if plan.referrals > LEGS_ALONE else map(write_part, parts):
        written += done
        yield written
    analyze()


@transaction.atomic
def _network(plan: Plan) -> list[Group]:
    if Facility.objects.filter(code__startswith=f"GEN{plan.seed}-").exists():
        text = f"The network of seed {plan.seed} is there already: say another --seed."
        raise CannotGenerate(text)
    count = plan.facilities // network.GROUP_SIZE + 1
    regions = network.counties(dice("regions", plan.seed), count)
    if not regions:
        raise CannotGenerate("There are no regions: run manage.py load_reference first.")
    scope.enter_system()
    copying.unlimited()
    starts = timezone.localdate(plan.now) - timedelta(days=plan.days + 400)
    builder = network.Builder(seed=plan.seed, starts=starts, now=plan.now)
    groups = builder.build(plan.facilities, regions)
    for rows in builder.rows.in_order():
        copying.copy_models(rows)
    return groups


def _parts(plan: Plan, groups: list[Group]) -> list[Part]:
    """Share the referrals out among groups by their clinics, and cut the shares into parts of the period.

    The earliest come first, so that rows arrive nearly in the order of time, as in life: then the
    indexes over time only grow at their ends.
    """
    clinics = sum(len(group.clinics) for group in groups)
    parts: list[Part] = []
    given = done = 0
    for group in groups:
        given += len(group.clinics)
        share = plan.referrals * given // clinics - done
        done += share
        count = -(-share // LEGS_A_PART)
        for number in range(count):
            before, after = share * number // count, share * (number + 1) // count
            window = (number / count, (number + 1) / count)
            parts.append(Part(plan, group, done - share + before, after - before, window))
    return sorted(parts, key=lambda part: part.window)


def _in_processes(parts: list[Part]) -> Iterator[int]:
    """Write parts on all processors, yielding the size of each as it is done."""
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=django.setup) as pool:
        waiting: list[Future[int]] = [pool.submit(write_part, part) for part in parts]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@transaction.atomic
def write_part(part: Part) -> int:
    """Invent and write one part; returns the number of its referrals."""
    plan = part.plan
    chance = dice("part", plan.seed, part.first)
    now = _with_fixed_offset(timezone.localtime(plan.now))
    calendar = Calendar(now, plan.days, part.window)
    scope.enter_system()
    copying.unlimited()
    known, rows = residents.register(
        max(1, part.legs // LEGS_A_PATIENT),
        part.group,
        seed=plan.seed,
        first=part.first,
        since=calendar.first_day,
        chance=chance,
    )
    for table in rows.in_order():
        copying.copy_table(table)
    writing.prepare_stages()
    writing.write_episodes(Author(part.group, known, calendar, chance).episodes(part.legs))
    return part.legs


def _with_fixed_offset(now: datetime) -> datetime:
    """Return the same moment in a zone without daylight saving, in which times are quick to write."""
    return now.astimezone(FixedZone(now.utcoffset() or timedelta()))


def analyze() -> None:
    """Tell the planner what the tables hold now; only their owner may."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(ANALYZED)}")
