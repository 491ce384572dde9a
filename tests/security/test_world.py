import pytest
from tests.security.world import build, ROLES
from referral.states import Status
import time

@pytest.mark.django_db
def test_it():
    t=time.time()
    w = build(ROLES)
    print('people', time.time()-t); t=time.time()
    for s in (Status.SUBMITTED, Status.ARRIVED, Status.COMPLETED, Status.SCHEDULED):
        w.leg(s, through_former=True)
    w.returned()
    print('legs', time.time()-t)
