"""Finds or makes whose pages the bench opens: a session for each person, a draft, a patient's link."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from facilities.models import Alliance
from facilities.sign_in import actor_of
from facilities.vocabulary import Direction
from referral import links
from referral.actions import create
from referral.models import LinkKind, Referral
from referral.states import Status

# What is shown without anybody having signed in.
NOBODY: Final = ""


def session(user: User) -> str:
    """Begin a session of somebody and return its key."""
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def visits(doctor: User, seed: str) -> list[dict[str, str]]:
    """Return the pages to open, each with the session in which it is opened.

    `doctor` works where the inbox of the network is fullest.
    """
    manager = _manager(seed)
    filer, draft = _draft(seed)
    clerk, known = session(filer), session(doctor)
    return [
        _page("sign-in", "/sign-in/", NOBODY),
        _page("Today", "/", known),
        _page("inbox of 50", "/boxes/inbox/", known),
        _page("filing: whom", "/file/", clerk),
        _page("filing: the slip", f"/referrals/{draft.pk}/edit/", clerk),
        _page("alliance picture", "/alliance/", session(manager)),
        _page("tracking", f"/t/{_token(seed)}/", NOBODY),
    ]


def dashboard(seed: str) -> dict[str, str]:
    """Return the session of who looks over the largest alliance of a network, and the page of its numbers."""
    return _page("dashboard", "/insights/", session(_manager(seed)))


def _page(name: str, path: str, key: str) -> dict[str, str]:
    return {"name": name, "path": path, "session": key}


def _one(seed: str, status: Status, direction: Direction) -> Referral:
    rows = Referral.objects.filter(from_facility__code__startswith=f"GEN{seed}-")
    found = rows.filter(status=status, direction=direction)
    return found.order_by("pk")[0]


def _draft(seed: str) -> tuple[User, Referral]:
    """Begin a referral of a patient who was referred before; return it with the doctor who files it."""
    like = _one(seed, Status.SUBMITTED, Direction.UP)
    posts = {"posts__facility": like.from_facility_id, "posts__role": Role.CLINIC_DOCTOR}
    filer = User.objects.filter(**posts).order_by("pk")[0]
    actor = actor_of(filer.pk, facility=like.from_facility_id)
    words = {"diagnosis_code": "I10", "diagnosis": "高血压2级", "reason": "血压不达标两周"}
    fields = {"to_facility_id": like.to_facility_id, **words}
    scope.enter(actor)
    made = create(like.patient_id, by=actor, fields=fields)
    scope.enter_system()
    return filer, made


def _manager(seed: str) -> User:
    """Return who looks over the alliance of the network with the most members."""
    alliances = Alliance.objects.filter(lead__code__startswith=f"GEN{seed}-")
    lead: UUID = alliances.annotate(size=Count("memberships")).order_by("-size")[0].lead_id
    managers = User.objects.filter(posts__facility=lead, posts__role=Role.ALLIANCE_MANAGER)
    return managers.order_by("pk")[0]


def _token(seed: str) -> str:
    """Make the link of a patient who has a visit before him."""
    return links.make(
        _one(seed, Status.SCHEDULED, Direction.UP),
        LinkKind.PATIENT,
        by=Actor.system(),
        now=timezone.now(),
    )
