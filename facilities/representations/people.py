"""Shows who works at a facility and who acts for whom there."""

from datetime import date

from facilities.models import Delegation, StaffPost
from facilities.representations.directory import Shown, named


def colleague(post: StaffPost) -> Shown:
    """Return a post with its person; `post.user` and `post.department` must be loaded."""
    return {
        "id": post.user_id,
        "name": post.user.full_name,
        "role": post.role,
        "department": named(post.department),
        "title": post.title,
    }


def delegation(row: Delegation, on: date) -> Shown:
    """Return a delegation as it stands on a day; its three people must be loaded."""
    return {
        "id": row.pk,
        "facility": row.facility_id,
        "principal": {"id": row.principal_id, "name": row.principal.full_name},
        "deputy": {"id": row.deputy_id, "name": row.deputy.full_name},
        "starts": row.starts,
        "ends": row.ends,
        "reason": row.reason,
        "granted_by": row.granted_by.full_name,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
        "in_force": row.ended_at is None and row.is_in_force(on),
    }
