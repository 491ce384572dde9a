"""The search of the audit trail: who did or looked at what, in the auditor's own facility, and whether it is whole."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import scope
from accounts.models import User
from accounts.permissions import Permission, Role
from audit import checking, queries, record
from audit.models import Event
from audit.refusals import NAMELESS
from audit.tasks import seals_file
from facilities.managing.settings import SettingsPage
from facilities.queries import access
from facilities.queries.origin import origin
from patients import queries as patient_queries
from patients import representations as patient_words
from referral import finding
from referral.managing import trail_forms, trail_words
from referral.managing.trail_forms import TrailForm
from referral.queries import referrals as queries_referrals

# Nobody and nothing has this id: what was typed is not known here.
UNKNOWN: Final = UUID(int=0)
# Of the patients and referrals that one event names; a list names fifty.
SHOWN: Final = 3
# Rows of an export; whoever needs more narrows the period.
MOST_ROWS: Final = 5000
# A chain longer than this is re-computed by night alone: a page may not take so long.
AT_ONCE: Final = 50_000
# What a spreadsheet would take for a formula, full-width signs included.
FORMULA: Final = tuple("=+-@\t\r\n;|＝＋－＠")


@dataclass(frozen=True, slots=True)
class Known:
    """The names behind the ids of some events: people, masked patients, numbers of referrals."""

    people: Mapping[UUID, User]
    patients: Mapping[UUID, str]
    numbers: Mapping[UUID, str]


class TrailPage(SettingsPage):
    """A page of the auditor of a facility."""

    required: ClassVar[Permission | None] = Permission.AUDIT_VIEW

    def known(self, rows: Sequence[Event], *, most: int = SHOWN) -> Known:
        """Return the names of what these events are about, in four statements or fewer.

        The facility may see some of the patients no more, yet its own acts about them stay: they are read in the
        system's scope, and masked.
        """
        people = access.named(pk for row in rows for pk in (row.actor_id, _principal(row)) if pk)
        open_rows = [row for row in rows if row.what not in NAMELESS]
        patients = {pk for row in open_rows for pk in row.patient_ids[:most]}
        legs = {pk for row in open_rows for pk in row.referral_ids[:most]}
        with scope.lifted(self.actor) as system:
            found = patient_queries.find_many(patients, system)
            numbers = queries_referrals.numbers(legs)
        masked = {pk: str(patient_words.summary(each)["name"]) for pk, each in found.items()}
        return Known(people, masked, numbers)

    def looked(self, what: str, rows: Iterable[Event]) -> None:
        """Record the search itself, with the patients whose names it showed; the last statement of the request."""
        named = (row for row in rows if row.what not in NAMELESS)
        shown = {pk for row in named for pk in row.patient_ids[:SHOWN]}
        record.read(self.actor, what=what, patients=shown)


class Trail(TrailPage):
    """Searches the chain of the auditor's own facility."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of what is asked for, newest first, and how the chain was found."""
        return self.listed(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Look up what was typed, and lead to an address without it."""
        form = TrailForm(request.POST)
        if not form.is_valid():
            return self.listed(form, status=400)
        query = trail_forms.address(form.cleaned_data, self._found(form.cleaned_data))
        return redirect(f"{reverse('referral:trail')}?{query}")

    def _found(self, said: Mapping[str, Any]) -> dict[str, set[UUID]]:
        """Return the ids behind what was typed; one that this chain does not name is as unknown as one that is not."""
        found: dict[str, set[UUID]] = {}
        here = self.actor.place
        if said["person"]:
            people = access.ever_here(here, said["person"], most=trail_forms.MOST_PEOPLE)
            found["who"] = {each.pk for each in people}
        if said["document"]:
            with scope.lifted(self.actor):
                borne = patient_queries.bearing(said["document"])
            told = borne and queries.names(here, patients=tuple(borne))
            found["patient"] = borne if told else set()
        if said["number"]:
            leg = finding.by_number(said["number"], self.actor)
            found["referral"] = {leg.pk} if leg else set()
        return {name: ids or {UNKNOWN} for name, ids in found.items()}

    def listed(self, form: TrailForm | None, *, status: int = 200) -> HttpResponse:
        """Return the page, with the form as it was sent."""
        now, query, here = timezone.now(), self.request.GET, self.actor.place
        today = timezone.localdate(now)
        wanted = trail_forms.wanted(query, here, today)
        page = self.paged(queries.search(wanted), queries.ORDER)
        known = self.known(page.rows)
        asked = {name: query.getlist(name) for name in trail_forms.IDS}
        params = query.copy()
        params.pop("cursor", None)
        context = {
            "form": form or TrailForm(initial=trail_forms.chosen(query, today)),
            "page": page,
            "lines": [line(row, known) for row in page.rows],
            "chips": chips(asked, known),
            "query": params.urlencode(),
            "most_rows": MOST_ROWS,
            "state": self.state(),
        }
        answer = self.show("managing/trail.html", context, status=status)
        self.looked("audit.search", page.rows)
        return answer

    def state(self) -> dict[str, Any]:
        """Return how the chain was found when it was last re-computed, and how much has come since."""
        length = queries.length(self.actor.place)
        last = queries.verification(self.actor.place)
        return {
            "last": last,
            "length": length,
            "since": length - last.seq if last else length,
            "at_once": length <= AT_ONCE,
        }


class TrailCheck(TrailPage):
    """Re-computes the chain of the auditor's own facility now."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check it and say how it was found; a very long one is left to the night."""
        here = self.actor.place
        if queries.length(here) > AT_ONCE:
            messages.success(request, _("So long a trail is checked by night."))
            return redirect("referral:trail")
        if checking.check(seals_file(), chain=here) == 0:
            messages.success(request, _("Every event was re-computed: the trail is whole."))
        record.read(self.actor, what="audit.verify")
        return redirect("referral:trail")


class TrailExport(TrailPage):
    """Hands out what a search finds as a file for spreadsheets."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return up to 5,000 rows, newest first."""
        now = timezone.now()
        wanted = trail_forms.wanted(request.GET, self.actor.place, timezone.localdate(now))
        rows = list(queries.search(wanted).order_by(*queries.ORDER)[:MOST_ROWS])
        content = table(rows, self.known(rows), origin(self.actor, now).words)
        answer = HttpResponse(content, "text/csv; charset=utf-8")
        name = f"audit-{timezone.localtime(now):%Y%m%d-%H%M}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        self.looked("audit.export", rows)
        return answer


def _principal(row: Event) -> UUID | None:
    text = row.detail.get("for_user")
    return UUID(text) if text else None


def line(row: Event, known: Known) -> dict[str, Any]:
    """Return an event in words."""
    principal = _principal(row)
    # What somebody asked for in vain is not told: it may be somebody else's, or nobody's.
    patients, legs = ([], []) if row.what in NAMELESS else (row.patient_ids, row.referral_ids)
    actor = known.people.get(row.actor_id) if row.actor_id else None
    return {
        "row": row,
        "who": actor,
        "role": Role(row.actor_role).label if row.actor_role in Role.values else "",
        "principal": known.people.get(principal) if principal else None,
        "what": trail_words.act(row.what),
        "mark": trail_words.mark(row.what, row.kind, row.result),
        "patients": _few(patients, known.patients),
        "more_patients": max(len(patients) - SHOWN, 0),
        "numbers": _few(legs, known.numbers),
        "more_numbers": max(len(legs) - SHOWN, 0),
    }


def _few(ids: Sequence[UUID], words: Mapping[UUID, str]) -> list[str]:
    return [words[pk] for pk in ids[:SHOWN] if pk in words]


def chips(asked: Mapping[str, Sequence[str]], known: Known) -> list[str]:
    """Return in words whom a search is about: only what the events that it found name themselves."""
    people = {str(pk): each.full_name for pk, each in known.people.items()}
    words = {
        "who": people,
        "patient": {str(pk): name for pk, name in known.patients.items()},
        "referral": {str(pk): number for pk, number in known.numbers.items()},
    }
    plain = {
        "who": _("What one person did"),
        "patient": _("About one patient"),
        "referral": _("About one referral"),
    }
    found = []
    for name, ids in asked.items():
        said = list(dict.fromkeys(words[name][pk] for pk in ids if pk in words[name]))
        found += said or ([plain[name]] if ids else [])
    return found


def table(rows: Sequence[Event], known: Known, taken_by: str) -> str:
    """Return events as CSV that a spreadsheet opens as text: nothing in it begins like a formula.

    Behind each stands who took it out, when, and at which institution.
    """
    file = io.StringIO()
    # So that spreadsheets read the Chinese as such.
    file.write("\ufeff")
    writer = csv.writer(file)
    heads = [_("Time"), _("Person"), _("User name"), _("Role"), _("Acting for"), _("Act")]
    heads += [_("Result"), _("Patients"), _("Referrals"), _("Code"), _("Number in the trail")]
    writer.writerow([*heads, _("Exported by")])
    for row in rows:
        writer.writerow(map(harmless, [*_cells(line(row, known)), taken_by]))
    return file.getvalue()


def _cells(words: Mapping[str, Any]) -> list[str]:
    row: Event = words["row"]
    who, principal = words["who"], words["principal"]
    return [
        _clock(row.at),
        who.full_name if who else "",
        who.username if who else "",
        str(words["role"]),
        principal.full_name if principal else "",
        str(words["what"]),
        str(words["mark"].words),
        _list(words["patients"], words["more_patients"]),
        _list(words["numbers"], words["more_numbers"]),
        row.what,
        str(row.seq),
    ]


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _list(words: Sequence[str], more: int) -> str:
    return " ".join([*words, *([f"(+{more})"] if more else [])])


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
