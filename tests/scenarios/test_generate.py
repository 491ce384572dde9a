"""A generated network satisfies every rule that a real one does, and its pages work."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts import scope, tokens
from accounts.actors import Actor
from accounts.models import User
from facilities import hierarchy
from facilities.models import Facility
from patients import queries as patient_queries
from patients.models import AccessGrant, Consent, Patient
from referral.models import Episode, FollowUp, Referral, Transition
from referral.states import ENDED, LIVE, OPEN, TRANSITIONS, Status
from scenarios.generation import network, run, scripts
from tests.keeping import kept

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
N = 2000
pytestmark = pytest.mark.django_db


def generate(seed: int = 7, referrals: int = N, facilities: int = 30, now: datetime = NOW) -> None:
    list(run.generate(run.Plan(referrals, facilities, seed, now)))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    scope.enter_system()


@pytest.fixture(scope="module")
def generated(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Generate once for all tests here, inside a transaction around theirs that is rolled back."""
    with kept(django_db_blocker), pytest.MonkeyPatch.context() as patch:
        # The owner's connection does not see what this transaction has not committed.
        patch.setattr(run, "analyze", lambda: None)
        call_command("load_reference", verbosity=0)
        generate()
        yield


def test_every_history_is_a_legal_path(generated: None) -> None:
    moves: dict[Any, list[Transition]] = {}
    for move in Transition.objects.order_by("version"):
        moves.setdefault(move.referral_id, []).append(move)
    referrals = {row.pk: row for row in Referral.objects.all()}
    assert len(referrals) == N
    assert moves.keys() == referrals.keys()
    for key, history in moves.items():
        referral = referrals[key]
        assert [move.version for move in history] == list(range(1, referral.version + 1))
        assert history[-1].to_status == referral.status
        assert history[0].verb == "create"
        assert history[0].to_status in {Status.DRAFT, Status.SUBMITTED}
        for before, move in pairwise(history):
            sources, target = TRANSITIONS[move.verb]
            assert before.to_status == move.from_status
            assert move.from_status in sources
            assert move.to_status == target
            assert before.at <= move.at <= NOW


def test_stamps_agree_with_the_history(generated: None) -> None:
    for referral in Referral.objects.prefetch_related("transitions"):
        at = {
            move.verb: move.at
            for move in sorted(referral.transitions.all(), key=lambda m: m.version)
        }
        sent = at.get("approve", at.get("submit"))
        if sent is not None:
            assert referral.submitted_at == sent
        assert referral.arrived_at == at.get("arrive")
        assert referral.acknowledged_at == at.get("acknowledge")
        if referral.status in ENDED:
            assert referral.ended_at == max(at.values())


def test_open_legs_are_counted(generated: None) -> None:
    for episode in Episode.objects.prefetch_related("legs"):
        legs = list(episode.legs.all())
        assert episode.open_legs == sum(leg.status in OPEN for leg in legs)
        assert {leg.patient_id for leg in legs} == {episode.patient_id}
        if episode.open_legs == 0:
            assert episode.closed_at == max(leg.ended_at for leg in legs if leg.ended_at)


def test_both_legs_and_every_course_occur(generated: None) -> None:
    statuses = Counter(Referral.objects.values_list("status", flat=True))
    directions = Counter(Referral.objects.values_list("direction", flat=True))
    verbs = set(Transition.objects.values_list("verb", flat=True))
    assert directions["up"] > directions["down"] > N // 5
    assert statuses["completed"] > N // 2
    assert {"declined", "redirected", "no_show", "cancelled", "expired", "entered_in_error"} <= set(
        statuses
    )
    assert {"acknowledge", "approve", "send_back", "reschedule", "answer"} <= verbs
    assert FollowUp.objects.filter(done_at__isnull=False).exists()
    assert 0 < sum(statuses[status] for status in LIVE) < N // 10


def test_an_up_leg_is_completed_with_a_return_or_a_reason(generated: None) -> None:
    done = Referral.objects.filter(direction="up", status=Status.COMPLETED)
    for leg in done.prefetch_related("following"):
        down = [each for each in leg.following.all() if each.direction == "down"]
        assert bool(down) != bool(leg.no_return_reason)


def test_routes_are_those_of_the_directory(generated: None) -> None:
    for leg in Referral.objects.filter(submitted_at__isnull=False).order_by("?")[:60]:
        assert leg.to_facility_id is not None
        route = hierarchy.route(leg.from_facility_id, leg.to_facility_id, leg.created_at.date())
        assert route is not None
        assert (route.direction, route.alliance_id) == (leg.direction, leg.alliance_id)
    assert not Referral.objects.filter(submitted_at__isnull=True).exclude(direction="").exists()


def test_patients_can_be_read_and_found(generated: None) -> None:
    leg = Referral.objects.filter(status="completed", direction="up").first()
    assert leg is not None
    patient = Patient.objects.get(pk=leg.patient_id)
    number = patient.identifiers.get()
    assert patient.name
    for criteria in (
        {"identifier": number.value},
        {"phone": patient.phone},
        {"name": patient.name[:2]},
    ):
        found = patient_queries.search(Actor.system(), **criteria)
        assert patient.pk in {grant.patient_id for grant in found}
    assert Consent.objects.get(pk=str(leg.consent_id)).patient_id == patient.pk
    grant = AccessGrant.objects.get(reference=leg.pk)
    assert (grant.facility_id, grant.starts) == (leg.to_facility_id, leg.submitted_at)
    assert grant.ends is not None


def test_the_inbox_and_the_episode_are_shown(generated: None) -> None:
    waiting = Referral.objects.filter(status__in=["submitted", "received"]).first()
    assert waiting is not None
    doctor = User.objects.filter(
        posts__facility=waiting.to_facility_id, posts__role__endswith="doctor"
    ).first()
    assert doctor is not None
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(doctor)}")
    inbox = client.get("/api/v1/referrals/?box=inbox").json()["results"]
    assert str(waiting.pk) in {row["id"] for row in inbox}
    row = next(row for row in inbox if row["id"] == str(waiting.pk))
    assert row["patient"]["name"].endswith("*")
    assert client.get(f"/api/v1/episodes/{waiting.episode_id}/").status_code == 200
    assert client.get(f"/api/v1/referrals/{waiting.pk}/timeline/").status_code == 200


def test_the_seed_decides(generated: None) -> None:
    first = set(Referral.objects.values_list("id", "number", "status"))
    generate(seed=8, referrals=50, facilities=4)
    other = set(Referral.objects.values_list("id", "number", "status")) - first
    assert len(other) == 50
    with pytest.raises(run.CannotGenerate, match="seed 7"):
        generate(seed=7)


def test_a_clinic_that_reviews_never_submits_by_itself(generated: None) -> None:
    reviewing = Facility.objects.filter(requires_internal_review=True)
    sent = Transition.objects.filter(verb="submit", referral__from_facility__in=reviewing)
    assert not sent.exclude(referral__urgency=0).exists()
    for move in Transition.objects.filter(verb="approve").select_related("referral"):
        assert move.by_id != move.referral.filed_by_id


def test_scripts_are_paths_of_the_table() -> None:
    for script in (*scripts.UP, *scripts.DOWN, *scripts.REDIRECTED):
        status = Status.SUBMITTED if script in scripts.REDIRECTED else Status.DRAFT
        for verb in script.steps[1:]:
            assert status in TRANSITIONS[verb].sources, (script, verb)
            status = TRANSITIONS[verb].target


def test_without_regions_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "counties", lambda *_: [])
    with pytest.raises(CommandError, match="load_reference"):
        call_command("generate", referrals=10, seed=9)


@pytest.mark.parametrize(
    "words", [["--referrals", "0"], ["--referrals", "x"], ["--referrals", "9", "--facilities", "2"]]
)
def test_wrong_sizes_are_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("generate", *words)


def test_times_are_working_time(generated: None) -> None:
    hours = {
        timezone.localtime(at).hour for at in Episode.objects.values_list("opened_at", flat=True)
    }
    assert hours <= set(range(7, 24))
