"""The administration pages of the directory, which stay fast on hundreds of thousands of rows.

Nothing here counts a table, lists a table in a drop-down, or reads one row after another.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.models import User
from facilities import actions, names
from facilities.admin_history import KeptAdmin, password_set
from facilities.models import (
    Accreditation,
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Region,
    Relation,
    StaffPost,
)
from facilities.queries import directory as queries

COUNTED = 10_000
HAND_ON = _(
    "The facility was told: its referral office can hand the open referrals of this person to colleagues."
)


class CappedPaginator(Paginator[Any]):
    """Counts no further than 10,000 rows: whoever looks for a later one searches."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or 10,000 where there are more."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[:COUNTED].count()


class DirectoryAdmin(KeptAdmin):
    """What all lists here share; `found_by` turns typed text into an indexed condition."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None
    # The box appears when this is not empty; what it does is `found_by`.
    search_fields = ("pk",)

    def found_by(self, term: str) -> Q:
        """Return the condition of a search."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search by `found_by`; also behind the pick lists of other pages."""
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(self.found_by(term)) if term else queryset), False


class ProvinceFilter(admin.SimpleListFilter):
    """Narrows to a province by the beginning of the region code."""

    title = _("Province")
    parameter_name = "province"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the provinces."""
        return queries.provinces()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow by prefix."""
        code = self.value()
        if not code:
            return queryset
        return queryset.filter(region__code__startswith=queries.region_prefix(code))


@admin.register(Region)
class RegionAdmin(DirectoryAdmin):
    """Regions are loaded by `manage.py load_reference` and only looked at here."""

    list_display = ("code", "name", "level", "parent_id", "revision", "ended")
    list_filter = ("level",)
    ordering = ("code",)

    def found_by(self, term: str) -> Q:
        """Find by the beginning of code or name."""
        return Q(code__startswith=term) | Q(name__startswith=term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the loader adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: the loader changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: codes are never deleted."""
        return False


class AccreditationInline(admin.TabularInline[Accreditation, Facility]):
    """The accreditations of a facility."""

    model = Accreditation
    extra = 0


@admin.register(Facility)
class FacilityAdmin(DirectoryAdmin):
    """Facilities; closed by `is_active`, never deleted."""

    list_display = ("name", "code", "region", "category", "tier", "level", "kind", "is_active")
    list_filter = (ProvinceFilter, "tier", "level", "kind", "ownership", "is_active")
    list_select_related = ("region",)
    ordering = ("pinyin", "id")
    autocomplete_fields = ("region", "legal_person")
    inlines = (AccreditationInline,)

    def found_by(self, term: str) -> Q:
        """Find by name, pinyin, initials or code."""
        return names.matching(term)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: referrals keep their facilities."""
        return False


class MembershipForm(forms.ModelForm[Membership]):
    """A membership whose form is that of its alliance, so that the constraints can be asked."""

    class Meta:
        model = Membership
        fields = ("alliance", "facility", "role", "parent_facility", "starts", "ends")

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"form"}

    def clean(self) -> dict[str, Any] | None:
        """Copy the alliance's form before the model's constraints are checked."""
        cleaned = super().clean()
        alliance = self.cleaned_data.get("alliance")
        if alliance is not None:
            self.instance.form = alliance.form
        return cleaned


class MembershipInline(admin.TabularInline[Membership, Alliance]):
    """The members of an alliance: shown as text, changed on their own page, added here."""

    model = Membership
    form = MembershipForm
    fk_name = "alliance"
    fields = ("facility", "role", "parent_facility", "starts", "ends")
    autocomplete_fields = ("facility", "parent_facility")
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Read the names with the rows."""
        rows = super().get_queryset(request).select_related("facility", "parent_facility")
        return rows.order_by("role", "facility__pinyin", "id")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Show rows as text: a picker a row would cost a query a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a membership ends, it does not vanish."""
        return False


@admin.register(Alliance)
class AllianceAdmin(DirectoryAdmin):
    """Alliances with their members."""

    list_display = ("name", "form", "lead", "specialty", "starts", "ends")
    list_filter = ("form", "allows_lateral")
    list_select_related = ("lead",)
    ordering = ("name", "id")
    autocomplete_fields = ("lead", "parent")
    inlines = (MembershipInline,)

    def found_by(self, term: str) -> Q:
        """Find by part of the name."""
        return Q(name__contains=term)

    def get_readonly_fields(self, request: HttpRequest, obj: Alliance | None = None) -> Any:
        """Fix form and lead once members depend on them; a lead changes by `change_lead`."""
        return ("form", "lead") if obj else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save the members, and see that the lead is one of them."""
        super().save_related(request, form, formsets, change)
        actions.ensure_lead(form.instance)


@admin.register(Membership)
class MembershipAdmin(DirectoryAdmin):
    """Memberships of all alliances."""

    form = MembershipForm
    list_display = ("facility", "alliance", "role", "parent_facility", "starts", "ends")
    list_filter = ("form", "role")
    list_select_related = ("facility", "alliance", "parent_facility")
    ordering = ("-id",)
    autocomplete_fields = ("alliance", "facility", "parent_facility")

    def found_by(self, term: str) -> Q:
        """Find by the member."""
        return queries.facility_matches(term)


@admin.register(Relation)
class RelationAdmin(DirectoryAdmin):
    """Bonds of two facilities."""

    list_display = ("kind", "from_facility", "to_facility", "starts", "ends")
    list_filter = ("kind",)
    list_select_related = ("from_facility", "to_facility")
    ordering = ("-id",)
    autocomplete_fields = ("from_facility", "to_facility")

    def found_by(self, term: str) -> Q:
        """Find by either facility."""
        return queries.facility_matches(term, "from_facility") | queries.facility_matches(
            term, "to_facility"
        )


@admin.register(Department)
class DepartmentAdmin(DirectoryAdmin):
    """Departments; closed by `is_active`."""

    list_display = ("name", "code", "facility", "phone", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("facility",)
    ordering = ("pinyin", "id")
    autocomplete_fields = ("facility",)

    def found_by(self, term: str) -> Q:
        """Find by the beginning of name, pinyin, initials or code, or by the facility's code."""
        return names.starting(term) | Q(facility__in=queries.facility_ids_by_code(term))


@admin.register(Capability)
class CapabilityAdmin(DirectoryAdmin):
    """Capabilities."""

    list_display = ("code", "facility", "department", "starts", "ends")
    list_filter = ("code",)
    list_select_related = ("facility", "department")
    ordering = ("-id",)
    autocomplete_fields = ("facility", "department")

    def found_by(self, term: str) -> Q:
        """Find by the facility."""
        return queries.facility_matches(term)


@admin.register(StaffPost)
class StaffPostAdmin(DirectoryAdmin):
    """Posts."""

    list_display = ("user_name", "role", "facility", "department", "title", "starts", "ends")
    list_filter = ("role",)
    list_select_related = ("user", "facility", "department")
    ordering = ("-id",)
    autocomplete_fields = ("user", "facility", "department")

    def save_model(self, request: HttpRequest, obj: StaffPost, form: Any, change: bool) -> None:
        """Save, and where a post got an end let its facility hand on what the person leaves open."""
        super().save_model(request, obj, form, change)
        if obj.ends is not None and "ends" in form.changed_data:
            actions.tell_of_departures([obj], now=timezone.now())
            self.message_user(request, HAND_ON)

    @admin.display(description=_("Full name"))
    def user_name(self, post: StaffPost) -> str:
        """Return the person's name with the user name."""
        return f"{post.user.full_name} ({post.user.username})"

    def found_by(self, term: str) -> Q:
        """Find by the person or the facility's code."""
        return Q(user__in=queries.users_matching(term)) | Q(
            facility__in=queries.facility_ids_by_code(term)
        )


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


class NewUserForm(AdminUserCreationForm[User]):
    """Makes a user of ours, with or without a password."""

    class Meta:
        model = User
        fields = ("username", "full_name")


class PostInline(admin.TabularInline[StaffPost, User]):
    """The posts of a person."""

    model = StaffPost
    autocomplete_fields = ("facility", "department")
    extra = 0


@admin.register(User)
class UserAdmin(DirectoryAdmin, DjangoUserAdmin[User]):
    """People, with their posts."""

    add_form = NewUserForm
    list_display = ("username", "full_name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    ordering = ("username",)
    filter_horizontal = ("groups",)
    inlines = (PostInline,)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("full_name", "email", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", "usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and where a person was switched off tell the facilities of their posts."""
        super().save_model(request, obj, form, change)
        if not change and obj.has_usable_password():
            passwords.demand_another(obj)
        if change and not obj.is_active and "is_active" in form.changed_data:
            actions.tell_of_switched_off(obj.pk, now=timezone.now())
            self.message_user(request, HAND_ON)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the posts, and tell the facilities of those that got an end."""
        super().save_formset(request, form, formset, change)
        ended = [row for row, names in formset.changed_objects if "ends" in names and row.ends]
        if ended:
            actions.tell_of_departures(ended, now=timezone.now())
            self.message_user(request, HAND_ON)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Write down a password that was set on its own page; other changes are kept as they are saved."""
        where = request.resolver_match
        if where is not None and where.url_name == "auth_user_password_change":
            password_set(request)
            if obj.pk != request.user.pk:
                passwords.demand_another(obj)
        return super().log_change(request, obj, message)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let only a superuser give rights to these pages, so that nobody gives himself more."""
        return () if _is_superuser(request) else ("is_staff", "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse to change a superuser, whose password would be a way to the same rights."""
        above = obj is not None and obj.is_superuser and not _is_superuser(request)
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: who acted stays named; people are switched off by `is_active`."""
        return False

    def found_by(self, term: str) -> Q:
        """Find by the beginning of user name or full name."""
        return queries.person_starts(term)
