"""Who links whom: a person the own identity, a security administrator those of the staff, nobody anybody else's."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import identities
from accounts.models import Identity
from accounts.permissions import Role
from audit.models import Event
from tests.factories import Person, World, as_system, make_person
from tests.pages.conftest import browser_of, text_of
from tests.pages.oidc.simulated import PASSWORD, Simulated, enter, is_in

pytestmark = pytest.mark.django_db


def link(who: Person, password: str = PASSWORD) -> tuple[Client, Any]:
    """Ask to link one's own identity."""
    client = browser_of(who).client
    answer = client.post("/account/identity/", {"password": password})
    as_system()
    return client, answer


def way_of(answer: Any) -> str:
    """Return the address of the link to the provider."""
    found: str = answer.context["address"]
    return found


def test_a_person_links_the_own_identity_with_the_password(
    doctor: Person, provider: Simulated
) -> None:
    Identity.objects.all().delete()
    client, answer = link(doctor)
    assert answer.status_code == 200
    done = provider.come_back(client, way_of(answer))
    assert done.headers["Location"] == "/account/"
    row = Identity.objects.get()
    assert (row.user_id, row.subject, row.linked_by) == (doctor.user.pk, "emp-1001", doctor.user.pk)
    assert Event.objects.filter(what="identity.linked", actor_id=doctor.user.pk).count() == 1
    assert is_in(enter(provider)[0])
    assert "已关联" in text_of(client.get("/account/"))
    client.post("/account/identity/remove/")
    as_system()
    assert not Identity.objects.exists()
    assert not is_in(enter(provider)[0])


def test_a_wrong_password_links_nothing(doctor: Person, provider: Simulated) -> None:
    Identity.objects.all().delete()
    _client, answer = link(doctor, "wrong")
    assert answer.status_code == 422
    assert provider.server.url_for("/authorize") not in answer.content.decode()


def test_another_s_identity_cannot_be_taken(
    world: World, doctor: Person, provider: Simulated
) -> None:
    other = world.office
    other.user.set_password(PASSWORD)
    other.user.save(update_fields=["password"])
    client, answer = link(other)
    assert provider.come_back(client, way_of(answer)).status_code == 409
    assert Identity.objects.get().user_id == doctor.user.pk


def test_an_errand_of_somebody_else_links_nothing(
    world: World, doctor: Person, provider: Simulated
) -> None:
    """The session was signed out and in again by another person between the way there and back."""
    Identity.objects.all().delete()
    client, answer = link(doctor)
    there = way_of(answer)
    kept = client.session["oidc"]
    client.logout()
    client.force_login(world.office.user)
    session = client.session
    session["oidc"] = kept
    session.save()
    assert provider.come_back(client, there).status_code == 403
    assert not Identity.objects.exists()


def guardian(world: World) -> Person:
    """Return a security administrator of the clinic."""
    return make_person(world.clinic, Role.SECURITY_ADMIN, name="安全员")


def test_a_security_administrator_enters_the_subject(world: World, provider: Simulated) -> None:
    admin = guardian(world)
    address = f"/access/{world.doctor.user.pk}/identity/"
    browser = browser_of(admin)
    said = browser.post(address, {"subject": "  emp-1001 "})
    assert "已关联" in text_of(said)
    row = Identity.objects.get()
    assert (row.subject, row.linked_by) == ("emp-1001", admin.user.pk)
    assert Event.objects.filter(what="access.identity_linked").count() == 1
    client, _answer = enter(provider)
    assert is_in(client)
    assert "安全管理员" in text_of(client.get("/account/")), "the person sees who linked it"
    as_system()
    browser.post(f"/access/{world.doctor.user.pk}/unlink-identity/", {})
    assert not Identity.objects.exists()
    assert not is_in(client), "what it had opened ends"


@pytest.mark.parametrize("subject", ["", "x" * 256, "a\x00b"])
def test_a_subject_that_cannot_be_is_refused(
    world: World, provider: Simulated, subject: str
) -> None:
    address = f"/access/{world.doctor.user.pk}/identity/"
    assert browser_of(guardian(world)).post(address, {"subject": subject}).status_code == 422
    assert not Identity.objects.exists()


def test_administrators_link_neither_themselves_nor_others_staff(
    world: World, provider: Simulated
) -> None:
    admin = guardian(world)
    for user, status in ((admin.user, 403), (world.office.user, 404)):
        answer = browser_of(admin).post(f"/access/{user.pk}/identity/", {"subject": "x"})
        assert answer.status_code == status
    for person in (world.chief, world.doctor):
        answer = browser_of(person).post(
            f"/access/{world.office.user.pk}/identity/", {"subject": "x"}
        )
        assert answer.status_code == 403
    assert not Identity.objects.exists()


def test_a_subject_of_somebody_else_is_refused_by_the_administrator_s_form(
    world: World, doctor: Person, provider: Simulated
) -> None:
    colleague = make_person(world.clinic, Role.CLINIC_DOCTOR)
    answer = browser_of(guardian(world)).post(
        f"/access/{colleague.user.pk}/identity/", {"subject": "emp-1001"}
    )
    assert answer.status_code == 409
    assert Identity.objects.get().user_id == doctor.user.pk


def test_a_subject_means_one_user_in_the_database_too(world: World, provider: Simulated) -> None:
    now = timezone.now()
    for user in (world.doctor.user, world.office.user):
        identities.link(user, f"s-{user.pk}", provider.issuer, by=None, now=now)
    taken = Identity.objects.get(user=world.doctor.user).subject
    assert not identities.link(world.office.user, taken, provider.issuer, by=None, now=now)
