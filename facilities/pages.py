"""The base of every page: who acts at which post, the database's scope, and the frame around it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views import View
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Permission
from accounts.rest import idempotency, keyset
from accounts.rest.paging import DEFAULT_LIMIT
from accounts.rest.paging import Page as Rows
from accounts.rest.problems import BUSY_STATES, RETRY_AFTER_SECONDS
from facilities.models import StaffPost
from facilities.queries import directory as queries
from facilities.sign_in import actor_of, standing_in

Row = TypeVar("Row", bound=Model)

SESSION_KEY: Final = "facility"
# For whom of the colleagues there somebody acts, if for anybody.
BEHALF_KEY: Final = "behalf"


class Page(View):
    """A page for a signed-in person at one post; `required` names the right that it needs, if any.

    The request is one transaction (ATOMIC_REQUESTS), and everything is rendered inside it, so the
    scope that is entered here holds for every query of the page.
    """

    required: ClassVar[Permission | None] = None
    # False where the view opens transactions of its own, each with its scope.
    one_transaction: ClassVar[bool] = True
    actor: Actor
    # The person at the keyboard with rights of his own, whomever he acts for.
    own: Actor
    post_here: StaffPost | None
    posts: list[StaffPost]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find out who acts, set the scope, and let the method answer; nobody keeps a copy."""
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        self._take_post(request, user.pk)
        # Where REST framework leaves it too, for audit.refusals.
        request.auth = self.actor  # type: ignore[attr-defined]
        if self.one_transaction:
            scope.enter(self.actor)
        if self.required is not None and not self.actor.can(self.required):
            raise PermissionDenied
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except OperationalError as error:
            return self._busy(request, error)
        answer["Cache-Control"] = "no-store"
        return answer

    def _busy(self, request: HttpRequest, error: OperationalError) -> HttpResponse:
        """Ask for patience where a lock or statement ran out of its time; nothing of the request stays."""
        if getattr(error.__cause__, "sqlstate", None) not in BUSY_STATES:
            raise error
        if self.one_transaction:
            transaction.set_rollback(True)
        answer = render(request, "503.html", status=503)
        answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer

    def _take_post(self, request: HttpRequest, user_id: UUID) -> None:
        posts = list(queries.posts_of(user_id, timezone.localdate()))
        chosen = request.session.get(SESSION_KEY, "")
        asked = next((post.facility_id for post in posts if str(post.facility_id) == chosen), None)
        self.own = actor_of(user_id, facility=asked)
        self.actor = self._acting(request, self.own)
        here = (post for post in posts if post.facility_id == self.actor.facility_id)
        self.post_here = next(here, None)
        self.posts = _one_a_facility(posts)

    def _acting(self, request: HttpRequest, own: Actor) -> Actor:
        """Return who acts: the person, or as long as the delegation holds the person for a colleague.

        It is read on each request that acts so, and no statement more than that; once it has ended, the person
        goes on with his own rights, and is told.
        """
        named = request.session.get(BEHALF_KEY)
        if not named:
            return own
        acting = standing_in(own, UUID(named), now=timezone.now())
        if acting is None:
            del request.session[BEHALF_KEY]
            messages.warning(
                request, _("You stand in for your colleague no more: you act for yourself again.")
            )
        return acting or own

    def once(self, key: str, perform: Callable[[], str]) -> str:
        """Do what a form asks, once however often it is sent, and return the address to show.

        Raises Refused, with nothing of it written.
        """
        with transaction.atomic():
            return idempotency.once(self.request, self.actor, key, perform)

    def paged(
        self,
        rows: QuerySet[Row],
        order: tuple[str, ...],
        limit: int = DEFAULT_LIMIT,
        *,
        ways: Sequence[Q] = (),
    ) -> Rows[Row]:
        """Return the page of a list that the address asks for; 400 for a cursor of another list."""
        request, cursor = Request(self.request), self.request.GET.get("cursor") or None
        try:
            return keyset(rows, request=request, order=order, limit=limit, cursor=cursor, ways=ways)
        except ValidationError as error:
            raise BadRequest("not a cursor of this list") from error

    def show(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Return a rendered page with the frame: the post in use with its rights, posts to change to, the boxes."""
        frame = {
            "actor": self.actor,
            "post_here": self.post_here,
            "posts": self.posts,
            "rights": self.actor.permissions,
            "today": timezone.localdate(),
            **_around()(self.actor),
        }
        return render(self.request, template, {**frame, **context}, status=status)


@cache
def _around() -> Callable[[Actor], dict[str, Any]]:
    """Return what says how a page is framed; the wiring names it, since boxes belong to an app above."""
    named: str = import_string(f"{settings.WIRING}.PAGE_FRAME")
    found: Callable[[Actor], dict[str, Any]] = import_string(named)
    return found


def _one_a_facility(posts: list[StaffPost]) -> list[StaffPost]:
    first: dict[UUID, StaffPost] = {}
    for post in posts:
        first.setdefault(post.facility_id, post)
    return list(first.values())
