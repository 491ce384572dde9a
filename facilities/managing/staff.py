"""The staff of an institution: who holds which post since when, giving one, ending one, what each role may do."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from accounts.models import User
from accounts.permissions import Role
from facilities.actions import end_post, take_on
from facilities.managing.forms import SettingForm, day
from facilities.managing.history import told
from facilities.managing.rights import roles
from facilities.managing.settings import SettingsPage
from facilities.models import StaffPost, Subject
from facilities.policy.directory import (
    HOME_ROLES,
    demand_assignment,
    may_assign_staff,
    may_edit_directory,
)
from facilities.queries import directory
from facilities.queries import managing as queries

LONGEST_TEXT: Final = 100


class PostForm(SettingForm):
    """A person and the post."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[*User._meta.get_field("username").validators[:1]],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=100)
    role = forms.ChoiceField(label=_("Role"))
    department = forms.ChoiceField(label=_("Department"), required=False)
    title = forms.CharField(label=_("Professional title"), max_length=40, required=False)
    starts = day(_("From"))
    ends = day(_("First day without the post"), required=False)

    def __init__(
        self, *args: Any, given: list[Role], departments: list[Any], **kwargs: Any
    ) -> None:
        """Offer the roles that may be given and the departments of the house."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in given]  # type: ignore[attr-defined]
        self.fields["department"].choices = [("", "—"), *departments]  # type: ignore[attr-defined]

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        department = said.pop("department") or None
        return {**said, "department_id": department}


class EndForm(SettingForm):
    """When a post ends."""

    on = day(_("First day without the post"))


class StaffPage(SettingsPage):
    """A page about the staff of the own institution; a system administrator names another one."""

    required: ClassVar = None

    @property
    def place(self) -> UUID:
        """Return the institution; refuses whoever may not see to its staff."""
        asked = self.request.GET.get("at", "")
        try:
            place = UUID(asked) if asked else self.actor.facility_id
        except ValueError as error:
            raise Http404 from error
        if place is None or not may_assign_staff(self.actor, place):
            raise PermissionDenied
        return place

    def home(self, place: UUID) -> str:
        """Return the address of the list."""
        elsewhere = "" if place == self.actor.facility_id else f"?at={place}"
        return reverse("facilities:staff") + elsewhere


class Staff(StaffPage):
    """Lists the posts of an institution."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of fifty by role; posts that are over are a list of their own."""
        place, on = self.place, timezone.localdate()
        found = directory.facility(place)
        if found is None:
            raise Http404
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
        over = "over" in request.GET
        page = self.paged(queries.posts(place, on, text=text, over=over), ("role", "id"))
        context = {
            "row": found,
            "page": page,
            "posts": [(each, _may_end(self.actor, each)) for each in page.rows],
            "text": text,
            "over": over,
            "at": request.GET.get("at", ""),
            "changes": told(queries.changes(place, [Subject.POST])),
        }
        return self.show("managing/staff.html", context)


def _may_end(actor: Any, post: StaffPost) -> bool:
    try:
        demand_assignment(actor, post.facility_id, post.user_id, post.role)
    except Refused:
        return False
    return post.ends is None or post.ends > timezone.localdate()


class GivePost(StaffPage):
    """Gives somebody a post."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        place = self.place
        return self._page(place, self._form(place, initial={"starts": timezone.localdate()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Give it; who is not known yet is made."""
        place = self.place
        form = self._form(place, request.POST)
        answer = self.written(
            form,
            lambda said: take_on(by=self.actor, facility_id=place, **said),
            address=self.home(place),
            said=_("The post is given."),
        )
        return answer or self._page(place, form, status=422)

    def _form(self, place: UUID, *data: Any, **options: Any) -> PostForm:
        given = (
            list(Role) if may_edit_directory(self.actor) else [r for r in Role if r in HOME_ROLES]
        )
        rows = directory.departments(place).order_by("code", "id")
        departments = [(row.pk, row.name) for row in rows]
        return PostForm(*data, given=given, departments=departments, **options)

    def _page(self, place: UUID, form: PostForm, *, status: int = 200) -> HttpResponse:
        context = {"form": form, "home": self.home(place)}
        return self.show("managing/post.html", context, status=status)


class EndPost(StaffPage):
    """Ends a post; what its holder leaves open is named before."""

    def get(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        """Show the post, and the way to what its holder answers for."""
        return self._page(self._found(post_id), EndForm(initial={"on": timezone.localdate()}))

    def post(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        """End it."""
        row, form = self._found(post_id), EndForm(request.POST)
        answer = self.written(
            form,
            lambda said: end_post(row.pk, by=self.actor, on=said["on"]),
            address=self.home(row.facility_id),
            said=_("The post ends on that day. Hand on what is left open."),
        )
        return answer or self._page(row, form, status=422)

    def _found(self, post_id: UUID) -> StaffPost:
        row = queries.post(self.place, post_id)
        if row is None:
            raise Http404
        try:
            demand_assignment(self.actor, row.facility_id, row.user_id, row.role)
        except Refused as refusal:
            raise PermissionDenied from refusal
        return row

    def _page(self, row: StaffPost, form: EndForm, *, status: int = 200) -> HttpResponse:
        context = {
            "post": row,
            "form": form,
            "home": self.home(row.facility_id),
            "is_own": row.facility_id == self.actor.facility_id,
        }
        return self.show("managing/end_post.html", context, status=status)


class Roles(SettingsPage):
    """What each role may do."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show all of them: nobody should have to guess what a colleague may do."""
        return self.show("managing/roles.html", {"roles": roles()})
