"""Makes directory rows for every app's tests: plain functions with sensible defaults."""

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from accounts.tokens import issue
from facilities.models import (
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    PublicHealthEvent,
    Region,
    Relation,
    StaffPost,
)
from facilities.sign_in import actor_of
from facilities.vocabulary import (
    AllianceForm,
    FacilityKind,
    MembershipRole,
    RegionLevel,
    RelationKind,
    Tier,
)

LONG_AGO = date(2020, 1, 1)
_number = count(1)


def make_region(code: str = "310115", name: str = "浦东新区") -> Region:
    """Return the region with this code, made with its provincial part when it is not there."""
    level = {6: RegionLevel.COUNTY, 9: RegionLevel.TOWNSHIP, 12: RegionLevel.VILLAGE}[len(code)]
    # Not `get_or_create`, whose savepoint is two statements more in nearly every test.
    return Region.objects.filter(code=code).first() or Region.objects.create(
        code=code, name=name, level=level, revision="2023"
    )


def make_facility(name: str = "", *, tier: int = Tier.PRIMARY, **fields: Any) -> Facility:
    """Return a new active facility of a tier, community centre by default."""
    number = next(_number)
    values: dict[str, Any] = {
        "code": f"T{number:06}",
        "name": name or f"测试机构{number}",
        "category": "B100" if tier < Tier.COUNTY else "A100",
        "tier": tier,
        **fields,
    }
    if "region" not in values and "region_id" not in values:
        values["region"] = make_region()
    return Facility.objects.create(**values)


def make_hospital(name: str = "", *, tier: int = Tier.CITY, **fields: Any) -> Facility:
    """Return a new general hospital."""
    return make_facility(name, tier=tier, **fields)


def make_alliance(
    lead: Facility,
    *members: Facility,
    form: str = AllianceForm.CITY_GROUP,
    starts: date = LONG_AGO,
    **fields: Any,
) -> Alliance:
    """Return a new alliance, its lead and members in it from `starts` on."""
    name = fields.pop("name", f"{lead.name}医联体{next(_number)}")
    if form == AllianceForm.SPECIALTY:
        fields.setdefault("specialty", "03.04")
    alliance = Alliance.objects.create(name=name, form=form, lead=lead, starts=starts, **fields)
    # In one statement, past `Membership.save`, which only copies the form.
    common: dict[str, Any] = {"alliance": alliance, "form": form, "starts": starts}
    rows = [Membership(facility=lead, role=MembershipRole.LEAD, **common)]
    rows += [Membership(facility=each, **common) for each in members]
    Membership.objects.bulk_create(rows)
    return alliance


def make_membership(
    alliance: Alliance, facility: Facility, *, starts: date = LONG_AGO, **fields: Any
) -> Membership:
    """Return a new membership, as a plain member by default."""
    return Membership.objects.create(alliance=alliance, facility=facility, starts=starts, **fields)


def make_relation(
    giver: Facility,
    receiver: Facility,
    *,
    kind: str = RelationKind.TRUSTEESHIP,
    starts: date = LONG_AGO,
    **fields: Any,
) -> Relation:
    """Return a new bond of two facilities."""
    return Relation.objects.create(
        kind=kind, from_facility=giver, to_facility=receiver, starts=starts, **fields
    )


def make_department(
    facility: Facility, code: str = "03.04", name: str = "心血管内科", **fields: Any
) -> Department:
    """Return a new department."""
    return Department.objects.create(facility=facility, code=code, name=name, **fields)


def make_capability(
    facility: Facility, code: str = "pci", *, starts: date = LONG_AGO, **fields: Any
) -> Capability:
    """Return a new capability."""
    return Capability.objects.create(facility=facility, code=code, starts=starts, **fields)


def make_event(alliance_id: UUID | None, *designated: Facility, **fields: Any) -> PublicHealthEvent:
    """Return an event of an alliance that begins tomorrow, so that nothing is bound by it yet."""
    now = timezone.now()
    values: dict[str, Any] = {
        "name": "流感大流行",
        "prefixes": ["J10"],
        "source": "测试文件",
        "starts": timezone.localdate(now) + timedelta(days=1),
        "declared_at": now,
        **fields,
    }
    values.setdefault("declared_by", make_user())
    event = PublicHealthEvent.objects.create(alliance_id=alliance_id, **values)
    for facility in designated:
        event.designations.create(facility=facility)
    return event


def make_user(username: str = "", **fields: Any) -> User:
    """Return a new user with an unusable password."""
    name = username or f"user{next(_number)}"
    return User.objects.create_user(username=name, **{"full_name": f"测试{name}", **fields})


def make_post(
    facility: Facility,
    role: str = Role.CLINIC_DOCTOR,
    *,
    user: User | None = None,
    starts: date = LONG_AGO,
    **fields: Any,
) -> StaffPost:
    """Return a new post, of a new user unless one is given."""
    return StaffPost.objects.create(
        user=user or make_user(), facility=facility, role=role, starts=starts, **fields
    )


def house_for(role: str, facility: Facility) -> Facility:
    """Return where a role may be held: the facility, or for a health authority one of the same region."""
    if role != Role.HEALTH_AUTHORITY or facility.kind == FacilityKind.AUTHORITY:
        return facility
    return make_facility(kind=FacilityKind.AUTHORITY, category="P900", region=facility.region)


def make_actor(
    facility: Facility, role: str = Role.CLINIC_DOCTOR, *, user: User | None = None
) -> Actor:
    """Return the actor of a new post, as signing in would make it."""
    facility = house_for(role, facility)
    post = make_post(facility, role, user=user)
    return actor_of(post.user_id, facility=facility.pk)


def make_token(user: User) -> str:
    """Return a bearer token for a user."""
    return issue(user, label="test")


def bearer(user: User) -> dict[str, str]:
    """Return the header that signs a test client in: `client.get(url, headers=bearer(user))`."""
    return {"Authorization": f"Bearer {make_token(user)}"}
