"""A house keeps its own entry: a scanner breaks, sessions are planned, a doctor leaves, and nobody else may."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.permissions import Role
from facilities.models import Capability, Facility, Pool, StaffPost
from referral.models import Referral
from tests.facilities.factories import make_capability
from tests.factories import World, as_system, make_person
from tests.journeys.test_there_and_back import file
from tests.pages.conftest import browser_of, text_of
from tests.referral.pools import department_of


def test_a_house_keeps_its_own_entry(world: World) -> None:
    # Given a hospital in an alliance, with a scanner, an office, and a doctor who has a referral in hand
    _ = world.alliance
    scanner = make_capability(world.hospital, "ct")
    doctor = make_person(world.hospital, Role.HOSPITAL_DOCTOR, name="周医生")
    leg = file(world.doctor, world, world.hospital)
    assert doctor.api.post(f"/referrals/{leg}/accept/", {}).status == 200
    office, house = browser_of(world.office), f"/settings/directory/{world.hospital.pk}/"
    # When the office writes down another telephone on duty
    words: dict[str, Any] = {"name": world.hospital.name, "duty_phone": "021-999"}
    office.post(f"{house}edit/", words)
    # Then a clinic of the alliance reads it, a stranger nothing, and a manager of a clinic cannot write it
    assert "021-999" in text_of(browser_of(world.doctor).get(house))
    assert browser_of(world.stranger).get(house).status_code == 404
    assert browser_of(world.chief).post(f"{house}edit/", words).status_code == 403
    # When the scanner breaks
    page = office.get(f"{house}capabilities/{scanner.pk}/end/")
    assert "hx-get" in page.content.decode()
    today = timezone.localdate()
    office.post(f"{house}capabilities/{scanner.pk}/end/", {"on": today.isoformat()})
    # Then it is offered to nobody from today on, and the page says who ended it
    as_system()
    assert Capability.objects.get(pk=scanner.pk).ends == today
    assert "李主任" in text_of(browser_of(world.doctor).get(house))
    # When sessions are planned by a pattern, looked at first
    pattern = {
        "department": str(department_of(world.hospital).pk),
        "doctor_grade": "ordinary",
        "start": (today + timedelta(days=1)).isoformat(),
        "weeks": 1,
        "weekdays": [1, 2, 3, 4, 5, 6, 7],
        "session": "morning",
        "begins": "08:00",
        "ends": "12:00",
        "places": 5,
    }
    planned = office.post("/settings/capacity/plan/", pattern, follow=False).context["planned"]
    assert not Pool.objects.exists()
    office.post("/settings/capacity/plan/", {**pattern, "sure": "1"})
    # Then exactly those that were shown are there
    assert Pool.objects.filter(facility=world.hospital).count() == planned.made > 0
    # When the doctor leaves
    post = StaffPost.objects.get(user=doctor.user)
    office.post(f"/settings/staff/{post.pk}/end/", {"on": (today + timedelta(days=1)).isoformat()})
    # Then the post ends on that day, and what the doctor answered for can be handed on
    assert StaffPost.objects.get(pk=post.pk).ends == today + timedelta(days=1)
    as_system()
    number = Referral.objects.get(pk=leg).number
    assert Facility.objects.get(pk=world.hospital.pk).duty_phone == "021-999"
    assert number in text_of(office.get(f"/settings/staff/{doctor.user.pk}/legs/"))
