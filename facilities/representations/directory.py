"""Shows the directory to API clients: plain dicts, from rows that were read before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from facilities import catalogue
from facilities.hierarchy import Node, Route
from facilities.models import Accreditation, Alliance, Department, Facility
from facilities.vocabulary import CapabilityCode

Shown = dict[str, Any]
SAME = "same"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a page of facilities besides their own rows, by facility id."""

    routes: Mapping[UUID, Route] = field(default_factory=dict)
    accreditations: Mapping[UUID, Accreditation] = field(default_factory=dict)
    capabilities: Mapping[UUID, list[str]] = field(default_factory=dict)


def named(thing: Facility | Department | Alliance | None) -> Shown | None:
    """Return id and name, or None."""
    return None if thing is None else {"id": thing.pk, "name": thing.name}


def capability(code: str) -> Shown:
    """Return a capability with its name in the reader's language."""
    return {"code": code, "name": str(CapabilityCode(code).label)}


def category(code: str) -> Shown:
    """Return a WS 218 category; `verified` is false where nobody has checked the name yet."""
    entry = catalogue.category(code)
    return {
        "code": code,
        "name": str(entry) if entry else code,
        "verified": entry.verified if entry else False,
    }


def relation(route: Route | None) -> Shown | None:
    """Return what the facility is to the caller's own: direction, shared alliance and bonds."""
    if route is None:
        return None
    alliance = None
    if route.alliance_id is not None:
        alliance = {
            "id": route.alliance_id,
            "name": route.alliance_name,
            "form": route.alliance_form,
        }
    return {
        "direction": SAME if route.is_same else route.direction,
        "alliance": alliance,
        "allows_lateral": route.alliance_allows_lateral,
        "same_legal_person": route.same_legal_person,
        "bonds": list(route.relations),
    }


def facility(row: Facility, around: Surroundings) -> Shown:
    """Return one entry of the directory; `row.region` must be loaded."""
    rating = around.accreditations.get(row.pk, row)
    codes = around.capabilities.get(row.pk, [])
    return {
        "id": row.pk,
        "code": row.code,
        "uscc": row.uscc,
        "name": row.name,
        "short_name": row.short_name,
        "legal_person": row.legal_person_id,
        "campus_name": row.campus_name,
        "region": {"code": row.region.code, "name": row.region.name},
        "category": category(row.category),
        "level": rating.level,
        "grade": rating.grade,
        "tier": rating.tier,
        "ownership": row.ownership,
        "kind": row.kind,
        "phone": row.phone,
        "duty_phone": row.duty_phone,
        "address": row.address,
        "latitude": None if row.latitude is None else float(row.latitude),
        "longitude": None if row.longitude is None else float(row.longitude),
        "profile": row.profile,
        "requires_internal_review": row.requires_internal_review,
        "is_active": row.is_active,
        "capabilities": [capability(code) for code in codes],
        "relation": relation(around.routes.get(row.pk)),
    }


def department(row: Department, codes: Iterable[str]) -> Shown:
    """Return a department with what it takes and can do."""
    subject = catalogue.specialties().get(row.code)
    return {
        "id": row.pk,
        "facility": row.facility_id,
        "code": row.code,
        "subject": str(subject) if subject else row.name,
        "name": row.name,
        "phone": row.phone,
        "accepts": row.accepts,
        "capabilities": [capability(code) for code in codes],
    }


def alliance(row: Alliance) -> Shown:
    """Return an alliance; `row.lead` must be loaded."""
    return {
        "id": row.pk,
        "name": row.name,
        "form": row.form,
        "specialty": row.specialty,
        "allows_lateral": row.allows_lateral,
        "lead": named(row.lead),
        "parent": row.parent_id,
        "starts": row.starts,
        "ends": row.ends,
    }


def member(node: Node) -> Shown:
    """Return a member with the members under it."""
    return {
        "facility": {
            "id": node.facility.pk,
            "code": node.facility.code,
            "name": node.facility.name,
        },
        "tier": node.tier,
        "role": node.role,
        "children": [member(child) for child in node.children],
    }


def alliance_tree(row: Alliance, roots: Iterable[Node], on: date) -> Shown:
    """Return an alliance with its members on a day."""
    return {**alliance(row), "on": on, "members": [member(root) for root in roots]}
