"""Makes and changes alliances with their members, and the bonds of pairs."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities.actions import history
from facilities.actions.writing import end, locked, write
from facilities.hierarchy import MAX_DEPTH
from facilities.models import Alliance, Facility, Membership, Relation, Subject
from facilities.models.dated import in_force
from facilities.policy.directory import may_edit_alliance, may_edit_directory, require
from facilities.vocabulary import MembershipRole

OF_ALLIANCE: Final = (
    *("name", "form", "lead", "parent", "specialty", "allows_lateral"),
    *("starts", "ends"),
)
OF_TERM: Final = ("role", "parent_facility", "starts", "ends")
OF_BOND: Final = ("kind", "from_facility", "to_facility", "starts", "ends")

Before = Mapping[str, Any] | None


class AllianceDetails(TypedDict, total=False):
    """What may be said of an alliance besides form, lead and term."""

    name: str
    parent: UUID | None
    specialty: str | None
    allows_lateral: bool


def _fill(alliance: Alliance, details: AllianceDetails) -> None:
    for name, value in details.items():
        setattr(alliance, "parent_id" if name == "parent" else name, value)
    step = alliance.parent_id
    for _turn in range(MAX_DEPTH):
        if step is None:
            return
        if step == alliance.pk:
            break
        step = Alliance.objects.filter(pk=step).values_list("parent_id", flat=True).first()
    text = _("An alliance cannot be part of itself, nor nested this deep.")
    raise Refused("alliance-loop", text, kind=Kind.INVALID, errors={"parent": [str(text)]})


@transaction.atomic
def create_alliance(
    *,
    by: Actor,
    form: str,
    lead_id: UUID,
    starts: date,
    ends: date | None = None,
    **details: Unpack[AllianceDetails],
) -> Alliance:
    """Found an alliance, with its lead as the first member. Raises Refused."""
    require(may_edit_directory(by))
    alliance = Alliance(form=form, lead_id=lead_id, starts=starts, ends=ends)
    _fill(alliance, details)
    write(alliance)
    _enter(alliance, lead_id, MembershipRole.LEAD, starts, ends)
    _keep(alliance, None, by)
    return alliance


@transaction.atomic
def ensure_lead(alliance: Alliance) -> None:
    """Make the lead the first member of an alliance that has no leading member yet.

    For the administration pages, whose own rights say who may save an alliance. Raises Refused.
    """
    if alliance.memberships.filter(role=MembershipRole.LEAD).exists():
        return
    _enter(alliance, alliance.lead_id, MembershipRole.LEAD, alliance.starts, alliance.ends)


@transaction.atomic
def alter_alliance(alliance_id: UUID, *, by: Actor, **details: Unpack[AllianceDetails]) -> Alliance:
    """Change the given details of an alliance; only who keeps the directory nests it elsewhere. Raises Refused."""
    require(may_edit_alliance(by, alliance_id))
    alliance = locked(Alliance.objects.all(), alliance_id)
    if details.get("parent", alliance.parent_id) != alliance.parent_id:
        require(may_edit_directory(by))
    before = history.state(alliance, OF_ALLIANCE)
    _fill(alliance, details)
    write(alliance, list(details))
    _keep(alliance, before, by)
    return alliance


@transaction.atomic
def end_alliance(alliance_id: UUID, *, by: Actor, on: date) -> Alliance:
    """Dissolve an alliance on a day, with every membership that would outlast it. Raises Refused."""
    require(may_edit_directory(by))
    alliance = locked(Alliance.objects.all(), alliance_id)
    before = history.state(alliance, OF_ALLIANCE)
    end(alliance, on)
    lasting = alliance.memberships.filter(Q(ends__isnull=True) | Q(ends__gt=on))
    lasting.filter(starts__gte=on).delete()
    lasting.update(ends=on)
    _keep(alliance, before, by)
    return alliance


@transaction.atomic
def join_alliance(
    alliance_id: UUID,
    *,
    by: Actor,
    facility_id: UUID,
    starts: date,
    ends: date | None = None,
    parent_facility_id: UUID | None = None,
) -> Membership:
    """Make a facility a member, under another member or directly under the lead. Raises Refused."""
    require(may_edit_alliance(by, alliance_id))
    alliance = locked(Alliance.objects.all(), alliance_id)
    above = parent_facility_id
    terms = alliance.memberships.filter(in_force(starts))
    if above is not None and not terms.filter(facility=above).exists():
        text = _("The facility above must be a member of the alliance too.")
        raise Refused(
            "parent-not-member", text, kind=Kind.INVALID, errors={"parent_facility": [str(text)]}
        )
    row = write(
        Membership(
            alliance=alliance,
            form=alliance.form,
            facility_id=facility_id,
            parent_facility_id=above,
            starts=starts,
            ends=ends,
        )
    )
    _keep_term(row, None, by)
    return row


@transaction.atomic
def leave_alliance(membership_id: UUID, *, by: Actor, on: date) -> Membership:
    """Record the first day on which a facility is no member any more. Raises Refused.

    Members under it then stand in the air until they are placed anew; the lead leaves by
    `change_lead` only.
    """
    membership = locked(Membership.objects.all(), membership_id)
    require(may_edit_alliance(by, membership.alliance_id))
    if membership.role == MembershipRole.LEAD:
        raise Refused("lead-stays", _("Name another lead first."))
    before = history.state(membership, OF_TERM)
    end(membership, on)
    _keep_term(membership, before, by)
    return membership


@transaction.atomic
def change_lead(alliance_id: UUID, *, by: Actor, facility_id: UUID, on: date) -> Alliance:
    """Hand the lead to another facility on a day, today at the latest; the former lead stays a member.

    Rights hang on the present lead, so a hand-over cannot be entered ahead. Raises Refused.
    """
    require(may_edit_directory(by))
    if on > timezone.localdate():
        text = _("A lead is handed over today or on an earlier day.")
        raise Refused("lead-in-future", text, kind=Kind.INVALID, errors={"on": [str(text)]})
    alliance = locked(Alliance.objects.all(), alliance_id)
    if alliance.lead_id == facility_id:
        raise Refused("lead-already", _("This facility leads the alliance already."))
    before = history.state(alliance, OF_ALLIANCE)
    former = alliance.memberships.filter(in_force(on), role=MembershipRole.LEAD).first()
    for term in alliance.memberships.filter(in_force(on), facility=facility_id):
        end(term, on)
    if former is not None:
        last = former.ends
        end(former, on)
        _enter(alliance, former.facility_id, MembershipRole.MEMBER, on, last)
    _enter(alliance, facility_id, MembershipRole.LEAD, on, alliance.ends)
    alliance.lead = locked(Facility.objects.all(), facility_id)
    write(alliance, ["lead"])
    _keep(alliance, before, by)
    return alliance


def _enter(
    alliance: Alliance, facility_id: UUID, role: MembershipRole, starts: date, ends: date | None
) -> None:
    write(
        Membership(
            alliance=alliance,
            form=alliance.form,
            facility_id=facility_id,
            role=role,
            starts=starts,
            ends=ends,
        )
    )


@transaction.atomic
def create_relation(
    *, by: Actor, kind: str, from_id: UUID, to_id: UUID, starts: date, ends: date | None = None
) -> Relation:
    """Bind a giver (manager, supporter, sending hospital, centre) to a receiver. Raises Refused."""
    require(may_edit_directory(by))
    row = write(
        Relation(
            kind=kind, from_facility_id=from_id, to_facility_id=to_id, starts=starts, ends=ends
        )
    )
    _keep_bond(row, None, by)
    return row


@transaction.atomic
def end_relation(relation_id: UUID, *, by: Actor, on: date) -> Relation:
    """Record the first day on which a bond no longer holds. Raises Refused."""
    require(may_edit_directory(by))
    row = locked(Relation.objects.all(), relation_id)
    before = history.state(row, OF_BOND)
    end(row, on)
    _keep_bond(row, before, by)
    return row


def _keep(alliance: Alliance, before: Before, by: Actor) -> None:
    history.keep(
        alliance,
        before,
        OF_ALLIANCE,
        by=by,
        facility_id=alliance.lead_id,
        subject=Subject.ALLIANCE,
        label=alliance.name,
    )


def _keep_term(row: Membership, before: Before, by: Actor) -> None:
    history.keep(
        row,
        before,
        OF_TERM,
        by=by,
        facility_id=row.facility_id,
        subject=Subject.MEMBERSHIP,
        label=f"{row.facility.name} · {row.alliance.name}",
    )


def _keep_bond(row: Relation, before: Before, by: Actor) -> None:
    """Keep it once, with who receives; the page of the giver finds it by the relation."""
    history.keep(
        row,
        before,
        OF_BOND,
        by=by,
        facility_id=row.to_facility_id,
        subject=Subject.RELATION,
        label=f"{row.from_facility.name} → {row.to_facility.name}",
    )
