"""The patient at home: a link is handed out, the visit confirmed, put off, found anew, and told of afterwards."""

from datetime import timedelta

from django.utils import timezone

from referral.models import Referral
from tests.factories import World, as_system
from tests.journeys.test_there_and_back import act, file, told
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_patient_link import new_link
from tests.referral.pools import ahead, make_pool
from tests.referral.test_schedule import body
from tests.referral.tracking import Telephone


def test_a_patient_answers_by_the_link(world: World) -> None:
    _ = world.alliance
    # Given a clinic's referral, and a link that its doctor hands to the patient
    leg = file(world.doctor, world, world.hospital)
    as_system()
    referral = Referral.objects.get(pk=leg)
    telephone = Telephone(new_link(world.doctor, referral))
    assert "等待" in telephone.text()
    # And a hospital that accepts it with its last place
    pool = make_pool(world.hospital, starts_at=ahead(1))
    act(world.office, leg, "accept", pool=str(pool.pk))
    assert "请按下方时间就诊" in telephone.text()
    # When somebody who found the link guesses the year, Then he reads no more than where and when
    assert telephone.year("1950").status_code == 422
    assert "张医生" not in telephone.text()
    # When the patient says the year and that he comes
    telephone.year()
    telephone.say("confirm", **telephone.hidden())
    # Then both ends hear of it, and a stranger of nothing
    for person in (world.doctor, world.office):
        assert "患者已通过链接确认就诊" in text_of(browser_of(person).get(f"/referrals/{leg}/"))
    assert told(world.clinic).count("referral.visit_confirmed") == 1
    assert told(world.hospital).count("referral.visit_confirmed") == 1
    assert browser_of(world.stranger).get(f"/referrals/{leg}/").status_code == 404
    # When he cannot come after all
    telephone.say("put-off", **telephone.hidden(), reason="transport")
    # Then the place is free for another patient, and the hospital finds the leg among its work of today
    other = file(world.doctor, world, world.hospital, patient=str(world.make_patient().pk))
    act(world.office, other, "accept", pool=str(pool.pk))
    today = text_of(browser_of(world.office).get("/"))
    assert "患者不能来，请另约时间" in today
    assert referral.number in today
    assert "患者不能来" not in text_of(browser_of(world.stranger).get("/"))
    # When the hospital fixes another time, Then the page asks him again
    act(world.office, leg, "schedule", **body(timezone.now() + timedelta(days=3)))
    assert "您能来吗" in telephone.text()
    # When he has been there, Then he says how it was, and the managers of both ends read it, nobody else
    act(world.office, leg, "arrive")
    telephone.say("feedback", **telephone.hidden(), score="5", text="护士很耐心")
    for person, reads in (
        (world.chief, True),
        (world.office, True),
        (world.doctor, False),
        (world.manager, False),
    ):
        page = text_of(browser_of(person).get(f"/referrals/{leg}/"))
        assert ("护士很耐心" in page) is reads
    # When the clinic takes its links back, Then the page leads nowhere
    browser_of(world.doctor).post(f"/referrals/{leg}/patient-link/", {"do": "revoke"})
    assert telephone.get().status_code == 404
