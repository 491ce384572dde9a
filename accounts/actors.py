"""Describes who acts: one person at one facility in one role, or the system itself."""

from dataclasses import dataclass, replace
from uuid import UUID

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever calls an action, with the scope that row-level security and policy ask for.

    `alliance_ids` are the alliances whose referrals this post may see as a manager. A deputy acts with
    the rights of the colleague `for_user_id`, and `user_id` stays the person at the keyboard. `region` is the code of
    the region whose numbers a health authority may ask for, None at every other post.
    """

    user_id: UUID | None
    facility_id: UUID | None
    role: Role | None
    permissions: frozenset[Permission] = frozenset()
    alliance_ids: tuple[UUID, ...] = ()
    is_system: bool = False
    name: str = ""
    for_user_id: UUID | None = None
    for_name: str = ""
    region: str | None = None

    @classmethod
    def at_post(
        cls,
        *,
        user_id: UUID,
        name: str,
        facility_id: UUID,
        role: Role,
        alliance_ids: tuple[UUID, ...] = (),
        region: str | None = None,
    ) -> "Actor":
        """Return the actor of a staff post, with the rights of its role."""
        permissions = ROLE_PERMISSIONS[role]
        seen = alliance_ids if Permission.ALLIANCE_VIEW in permissions else ()
        return cls(user_id, facility_id, role, permissions, seen, False, name, region=region)

    def acting_for(self, principal: "Actor") -> "Actor":
        """Return this person with the post and the rights of `principal`, for whom they act."""
        return replace(
            principal,
            user_id=self.user_id,
            name=self.name,
            for_user_id=principal.user_id,
            for_name=principal.name,
        )

    @property
    def persons(self) -> frozenset[UUID]:
        """Return who stands behind what is done: the person, and the colleague acted for."""
        return frozenset(each for each in (self.user_id, self.for_user_id) if each is not None)

    @classmethod
    def without_post(cls, *, user_id: UUID, name: str) -> "Actor":
        """Return a signed-in person who holds no live post and so has no rights."""
        return cls(user_id, None, None, name=name)

    @classmethod
    def system(cls) -> "Actor":
        """Return the actor of sweeps and loaders, which acts without a person."""
        return cls(None, None, None, frozenset(Permission), (), True, "system")

    @property
    def place(self) -> UUID:
        """Return the facility at which a person acts; policy lets nobody without one come here."""
        if self.facility_id is None:
            raise RuntimeError("this actor has no facility")
        return self.facility_id

    @property
    def person(self) -> UUID:
        """Return the person who acts, where nothing may be done by the system alone."""
        if self.user_id is None:
            raise RuntimeError("this is done by a person")
        return self.user_id

    def can(self, permission: Permission) -> bool:
        """Say whether the role at this facility holds the right."""
        return permission in self.permissions
