"""Prints the slip with the code that leads the patient to his page, hands such codes out and takes them back."""

import io
from datetime import datetime
from typing import Final
from uuid import UUID

import segno
from django.utils import timezone

from accounts.actors import Actor
from patients.models import Patient
from referral import links, papers
from referral.actions.moving import demand, locked, log
from referral.models import LinkKind, Referral
from referral.policy import documents as policy_documents
from referral.queries import referrals as queries

# A token is stored as a digest and cannot be printed again, so each print makes one. Of each side this many
# are in force at a time: paper that is in the patient's hands goes on working when somebody prints anew.
LIVE_A_SIDE: Final = 3


def print_slip(
    referral_id: UUID, patient: Patient, *, by: Actor, now: datetime | None = None
) -> bytes:
    """Return the slip as PDF with a new code for the patient; raises Refused `slip-after-acceptance`.

    The caller has found the patient for this actor, and records the read.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_documents.may_print_slip(referral))
    purpose = _place_for(referral, by)
    token = links.make(referral, LinkKind.PATIENT, by=by, now=moment, purpose=purpose)
    return papers.slip(referral, patient, by, qr=_code(token))


def make_tracking(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> str:
    """Return the token of a new code for the patient, which is shown once; of three, the oldest ends.

    Raises Refused `wrong-state` for what is not sent yet, or void.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_documents.may_hand_link(referral, by))
    purpose = _place_for(referral, by)
    token = links.make(referral, LinkKind.PATIENT, by=by, now=moment, purpose=purpose)
    log(referral, "referral.tracking_made", by=by)
    return token


def revoke_tracking(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> int:
    """Take back every code that this facility has printed for a referral; returns how many were in force."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_documents.may_revoke_codes(referral, by))
    found = queries.patient_links(referral, side_of(referral, by))
    for link in found:
        links.revoke(referral, LinkKind.PATIENT, now=moment, purpose=link.purpose)
    log(referral, "referral.tracking_revoked", by=by)
    return len(found)


def _place_for(referral: Referral, by: Actor) -> str:
    """Return the purpose under which the next code is kept: a free one, else that of the oldest."""
    side = side_of(referral, by)
    taken = [link.purpose for link in queries.patient_links(referral, side)]
    places = (f"{side}_{number}" for number in range(1, LIVE_A_SIDE + 1))
    return next((place for place in places if place not in taken), taken[0] if taken else "")


def side_of(referral: Referral, by: Actor) -> str:
    """Return under which name the codes of the actor's facility are kept."""
    if by.facility_id == referral.from_facility_id:
        return "sender"
    return "receiver" if by.facility_id == referral.to_facility_id else "origin"


def code_picture(token: str) -> str:
    """Return the QR code of the patient's page as the address of a picture, for a screen."""
    picture: str = _made(token).svg_data_uri(border=4, scale=6, dark="#000", light="#fff")
    return picture


def _made(token: str) -> segno.QRCode:
    return segno.make(links.address(token, LinkKind.PATIENT), error="q", micro=False)


def _code(token: str) -> str:
    """Return a QR code of the patient's page as SVG; a quarter of it may be soiled."""
    out = io.BytesIO()
    _made(token).save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()
