"""Ways to keep or widen access that nobody meant to give: contracts, documents, the administration pages."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from patients.models import ConsentPurpose
from referral.states import Status
from tests.facilities.factories import make_user
from tests.factories import World
from tests.referral.expect import do
from tests.referral.files import pdf

pytestmark = pytest.mark.django_db
TERM = {"starts": "2020-01-01"}


def _answer(purpose: ConsentPurpose, *, given: bool = True) -> dict[str, object]:
    return {"purpose": purpose, "given": given, "method": "paper", "given_by": "self"}


def test_a_receiver_cannot_sign_itself_lasting_access() -> None:
    world = World()
    leg = world.at(Status.SUBMITTED)
    path = f"/patients/{leg.patient_id}/contracts/"
    refused = world.office.api.post(path, TERM)
    assert (refused.status, refused.code) == (422, "contract-needs-consent")
    assert do(world.office, "decline", leg, {"reason": "capacity"}).status == 200
    assert world.office.api.get(f"/patients/{leg.patient_id}/").status == 404


def test_a_contract_rests_on_the_newest_answer() -> None:
    world = World()
    path = f"/patients/{world.patient.pk}/"
    api = world.doctor.api
    no = _answer(ConsentPurpose.REGISTRATION, given=False)
    assert api.post(f"{path}consents/", no).status == 201
    assert api.post(f"{path}contracts/", TERM).code == "contract-needs-consent"
    assert api.post(f"{path}consents/", _answer(ConsentPurpose.REGISTRATION)).status == 201
    assert api.post(f"{path}contracts/", TERM).status == 201


@pytest.fixture
def media(tmp_path: object, settings: object) -> None:
    """Keep documents of tests among the files of the test."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.mark.usefixtures("media")
def test_documents_are_for_those_who_see_the_patient() -> None:
    """A scan bears the name that managers are never shown, and that a former receiver sees no more."""
    world = World()
    leg = world.at(Status.SUBMITTED)
    listed = f"/referrals/{leg.pk}/attachments/"
    file = SimpleUploadedFile("张三的身份证.pdf", pdf())
    made = world.doctor.api.upload(listed, file)
    assert made.status == 201
    one = f"{listed}{made.body['id']}/"
    for path in (listed, one):
        assert world.doctor.api.get(path).status == 200
        assert world.office.api.get(path).status == 200
        assert world.manager.api.get(path).status == 403
        assert world.chief.api.get(path).status == 403
    assert do(world.office, "decline", leg, {"reason": "capacity"}).status == 200
    assert world.office.api.get(f"/referrals/{leg.pk}/").status == 200
    for path in (listed, one):
        assert world.office.api.get(path).status == 404


@pytest.fixture
def helper(client: Client) -> User:
    """Somebody of the staff who may change users, and is no superuser."""
    user = make_user(is_staff=True)
    rights = Permission.objects.filter(codename__in=["change_user", "view_user", "delete_user"])
    user.user_permissions.set(rights)
    client.force_login(user)
    return user


def test_staff_do_not_make_themselves_superusers(helper: User, client: Client) -> None:
    page = f"/admin/accounts/user/{helper.pk}/change/"
    sent = {
        "username": helper.username,
        "full_name": "有人",
        "language": "en",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "posts-TOTAL_FORMS": "0",
        "posts-INITIAL_FORMS": "0",
    }
    assert client.get(page).status_code == 200
    assert client.post(page, sent).status_code == 302
    helper.refresh_from_db()
    assert not helper.is_superuser


def test_staff_do_not_take_over_a_superuser(helper: User, client: Client) -> None:
    boss = make_user(is_staff=True, is_superuser=True)
    before = boss.password
    words = {"password1": "a-new-pass-word-9", "password2": "a-new-pass-word-9"}
    answer = client.post(
        f"/admin/accounts/user/{boss.pk}/password/", {**words, "usable_password": "true"}
    )
    assert answer.status_code == 403
    boss.refresh_from_db()
    assert boss.password == before
    assert (
        client.post(f"/admin/accounts/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
    )
