"""A network grows: a hospital is entered, joins the alliance, receives a patient, and leaves again."""

from datetime import timedelta

from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Facility, Membership
from tests.factories import World, as_system, make_person
from tests.journeys.test_there_and_back import file
from tests.pages.conftest import browser_of, text_of


def test_a_hospital_joins_and_leaves(world: World) -> None:
    # Given an alliance with its manager, and the administrator of the system
    alliance = f"/settings/alliances/{world.alliance.pk}/"
    keeper = make_person(world.hospital, Role.SYSTEM_ADMIN)
    today = timezone.localdate()
    # When the administrator enters a hospital with a department
    browser_of(keeper).post(
        "/settings/directory/new/",
        {
            "name": "浦东新院",
            "code": "PDXY",
            "region": world.hospital.region_id,
            "category": "A100",
            "tier": world.hospital.tier,
            "level": 3,
            "grade": 1,
            "kind": "treating",
            "ownership": "public",
        },
    )
    as_system()
    house = Facility.objects.get(code="PDXY")
    browser_of(keeper).post(
        f"/settings/directory/{house.pk}/departments/add/", {"code": "03.04", "name": "心血管内科"}
    )
    # Then no clinic sees it, nor can send anybody there
    assert "浦东新院" not in text_of(browser_of(world.doctor).get("/settings/directory/"))
    refused = world.doctor.api.post(
        "/referrals/", world.body(to_facility=str(house.pk), submit=True)
    )
    assert refused.status == 422, refused
    # When the manager at the lead makes it a member, which a manager of a clinic cannot
    joining = {"facility": "浦东新院", "starts": today.isoformat()}
    assert browser_of(world.chief).post(f"{alliance}members/add/", joining).status_code == 403
    assert browser_of(world.stranger).post(f"{alliance}members/add/", joining).status_code == 404
    browser_of(world.manager).post(f"{alliance}members/add/", joining)
    # Then the clinic finds it and sends a patient there, and a stranger still sees nothing
    assert "浦东新院" in text_of(browser_of(world.doctor).get("/settings/directory/"))
    assert browser_of(world.stranger).get(f"/settings/directory/{house.pk}/").status_code == 404
    doctor = make_person(house, Role.HOSPITAL_DOCTOR)
    leg = file(world.doctor, world, house)
    assert doctor.api.post(f"/referrals/{leg}/accept/", {}).status == 200
    # When its membership ends tomorrow
    as_system()
    term = Membership.objects.get(facility=house)
    tomorrow = (today + timedelta(days=1)).isoformat()
    browser_of(world.manager).post(f"{alliance}members/{term.pk}/end/", {"ends": tomorrow})
    # Then the patient who is on the way stays there, and the page says who did what
    assert doctor.api.get(f"/referrals/{leg}/").status == 200
    shown = text_of(browser_of(world.manager).get(alliance))
    assert tomorrow in shown
    assert world.manager.user.full_name in shown
    as_system()
    lines = Event.objects.filter(what__startswith="directory.").values_list("what", flat=True)
    assert sorted(lines) == [
        "directory.department",
        "directory.facility",
        "directory.membership",
        "directory.membership",
    ]
