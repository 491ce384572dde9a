"""Says with whose rights a worker does what somebody asked for before."""

from datetime import datetime

from accounts.actors import Actor
from facilities.sign_in import actor_of, standing_in
from insights.models import Export, VolumeFile


def asker(row: Export | VolumeFile, now: datetime) -> Actor:
    """Return who asked, with the rights of the colleague as long as the delegation holds, else with none."""
    own = actor_of(row.owner_id, facility=row.facility_id, now=now)
    if row.for_user_id is None:
        return own
    nobody = Actor.without_post(user_id=row.owner_id, name=own.name)
    return standing_in(own, row.for_user_id, now=now) or nobody
