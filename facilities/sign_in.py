"""Turns a bearer token or a session into an Actor at one facility, and sets the database's scope."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import scope, tokens
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import DELEGABLE, Role

FACILITY_HEADER: Final = "X-Facility"
BEHALF_HEADER: Final = "X-On-Behalf-Of"
KEYWORD: Final = "bearer"
MAX_TOKEN: Final = 200

# One statement: the person, the live post (of the facility asked for, else the first), and for a
# manager the alliances that the post's facility leads today, with the alliances inside those; for a health
# authority its region, of which counters are kept down to counties.
_PERSON = """
SELECT u.id, u.full_name, u.username, u.is_staff, p.facility_id, p.role,
       CASE WHEN p.role = 'alliance_manager' THEN ARRAY(
           WITH RECURSIVE led AS (
               SELECT a.id FROM facilities_alliance a
               WHERE a.lead_id = p.facility_id AND a.starts <= %(today)s
                 AND (a.ends IS NULL OR a.ends > %(today)s)
             UNION
               SELECT a.id FROM facilities_alliance a JOIN led ON a.parent_id = led.id
               WHERE a.starts <= %(today)s AND (a.ends IS NULL OR a.ends > %(today)s)
           ) SELECT id FROM led)
       ELSE '{{}}'::uuid[] END AS alliances,
       CASE WHEN p.role = 'health_authority' THEN (
           SELECT f.region_id FROM facilities_facility f WHERE f.id = p.facility_id
             AND f.kind = 'authority' AND f.is_active AND length(f.region_id) = 6)
       END AS region
FROM {source}
LEFT JOIN LATERAL (
    SELECT s.facility_id, s.role FROM facilities_staffpost s
    WHERE s.user_id = u.id AND s.starts <= %(today)s AND (s.ends IS NULL OR s.ends > %(today)s)
      AND (%(facility)s::uuid IS NULL OR s.facility_id = %(facility)s::uuid)
    ORDER BY s.starts, s.id LIMIT 1
) p ON true
WHERE u.is_active AND {condition}
"""
# The same, entering the scope of that post as accounts.scope does: a round trip less for a request.
_ENTERING = """
WITH person AS ({person})
SELECT person.*, set_config('scope.facility', coalesce(facility_id::text, ''), true),
       set_config('scope.alliances', alliances::text, true),
       set_config('scope.user', id::text, true), set_config('scope.system', '', true)
FROM person
"""
_BY_TOKEN = _ENTERING.format(
    person=_PERSON.format(
        source="accounts_accesstoken t JOIN accounts_user u ON u.id = t.user_id",
        condition="t.digest = %(key)s AND t.revoked_at IS NULL "
        "AND (t.expires_at IS NULL OR t.expires_at > %(now)s)",
    )
)

_BY_USER = _PERSON.format(source="accounts_user u", condition="u.id = %(key)s")

# For a request with X-On-Behalf-Of only: the same question about the principal, at the deputy's facility
# and as long as a delegation to the deputy holds there.
_BY_DELEGATION = _PERSON.format(
    source="accounts_user u",
    condition="""u.id = %(key)s AND EXISTS (SELECT 1 FROM facilities_delegation d
    WHERE d.deputy_id = %(deputy)s AND d.principal_id = u.id AND d.facility_id = %(facility)s::uuid
      AND d.starts <= %(today)s AND d.ends > %(today)s AND d.ended_at IS NULL)""",
)


def _facility_asked(request: Request) -> UUID | None:
    text = request.headers.get(FACILITY_HEADER)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise exceptions.PermissionDenied(_("X-Facility must be the id of a facility.")) from error


def _colleague_asked(request: Request) -> UUID | None:
    text = request.headers.get(BEHALF_HEADER)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise _not_delegated() from error


def _not_delegated() -> exceptions.PermissionDenied:
    """Return one refusal for every reason, so that nobody learns who works where."""
    text = _("No delegation to act for this colleague is in force.")
    return exceptions.PermissionDenied(text, code="not-delegated")


def _for_colleague(request: Request, deputy: Actor, now: datetime) -> Actor:
    """Return the actor whom the request names: the deputy's own, or with the header the colleague's.

    The rights are those of the colleague's live post at the deputy's facility; both posts and the
    delegation are read on each request. Raises PermissionDenied `not-delegated`.
    """
    asked = _colleague_asked(request)
    if asked is None:
        return deputy
    actor = standing_in(deputy, asked, now=now)
    if actor is None:
        raise _not_delegated()
    scope.enter(actor)
    return actor


def standing_in(deputy: Actor, principal: UUID, *, now: datetime) -> Actor | None:
    """Return the deputy with a colleague's post and rights, None where no delegation is in force; one statement."""
    if deputy.facility_id is None:
        return None
    found = _person(_BY_DELEGATION, principal, deputy.facility_id, now, deputy=deputy.user_id)
    if found is None or found[1].role not in DELEGABLE:
        return None
    return deputy.acting_for(found[1])


def _person(
    statement: str,
    key: bytes | UUID,
    facility: UUID | None,
    now: datetime,
    *,
    deputy: UUID | None = None,
) -> tuple[User, Actor] | None:
    with connection.cursor() as cursor:
        today = timezone.localdate(now)
        values = {"key": key, "facility": facility, "now": now, "today": today, "deputy": deputy}
        cursor.execute(statement, values)
        row = cursor.fetchone()
    if row is None:
        return None
    user_id, full_name, username, is_staff, facility_id, role, alliances, region = row[:8]
    user = User(id=user_id, full_name=full_name, username=username, is_staff=is_staff)
    user._state.adding = False
    if facility_id is None:
        return user, Actor.without_post(user_id=user_id, name=full_name)
    actor = Actor.at_post(
        user_id=user_id,
        name=full_name,
        facility_id=facility_id,
        role=Role(role),
        alliance_ids=tuple(alliances),
        region=region,
    )
    return user, actor


def actor_of(user_id: UUID, *, facility: UUID | None = None, now: datetime | None = None) -> Actor:
    """Return the actor of a user at `facility`, or at the first post; without a post, no rights."""
    found = _person(_BY_USER, user_id, facility, now or timezone.now())
    return found[1] if found else Actor.without_post(user_id=user_id, name="")


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer …`; the person, the post and its rights are read on each request."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """Return the user and the actor, None without a bearer token; 401 for a token not in force."""
        keyword, _separator, token = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != KEYWORD:
            return None
        found, now = None, timezone.now()
        if len(token) <= MAX_TOKEN:
            key = tokens.digest(token.strip())
            found = _person(_BY_TOKEN, key, _facility_asked(request), now)
        if found is None:
            raise exceptions.AuthenticationFailed(_("This token is not in force."))
        return found[0], _for_colleague(request, found[1], now)

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing sign-in is answered with 401."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The pages' own session cookie, with CSRF protection."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user and the actor, None without a session."""
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        user, now = signed_in[0], timezone.now()
        actor = actor_of(user.pk, facility=_facility_asked(request), now=now)
        scope.enter(actor)
        return user, _for_colleague(request, actor, now)
