"""The pages of the criteria: the rules in words, what an alliance sets of them, and what a change would do."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Refused
from facilities.models import Alliance
from referral import actions, pages, wording
from referral.criteria import held, loading
from referral.criteria.observations import spoken
from referral.criteria.shapes import Rule
from referral.managing import criterion_words
from referral.managing.base import SET, Overview, RulesPage, Withdrawal
from referral.managing.criterion_form import ChangeForm, CriterionForm
from referral.models import CriterionSetting
from referral.queries import criterion_rules as queries
from referral.queries import referrals as queries_referrals

GAINED: Final = wording.Box(
    gettext_lazy("Newly met with the change"), "check", gettext_lazy("None would newly be met.")
)
LOST: Final = wording.Box(
    gettext_lazy("No longer met with the change"), "ban", gettext_lazy("None would be met no more.")
)
TURNS: Final = {"gained": GAINED, "lost": LOST}


class Criteria(Overview):
    """The rules of one disease as an alliance holds them, by the way of the patient."""

    name = "referral:criteria"
    template = "managing/criteria.html"

    def listed(self, alliance: Alliance | None) -> dict[str, Any]:
        """Return the diseases, and of the one that is asked for the rules; 404 for one without rules."""
        diseases = loading.book().diseases
        key = self.request.GET.get("disease", "") or next(iter(diseases))
        if key not in diseases:
            raise Http404
        found: dict[str, Any] = {
            "diseases": [(each.key, spoken(each.words)) for each in diseases.values()],
            "chosen": key,
        }
        if alliance is not None:
            found["ways"] = self._ways(alliance, key)
            found["set_here"] = self.set_here
        return found

    def _ways(self, alliance: Alliance, disease: str) -> list[tuple[wording.Mark, list[Any]]]:
        settings: dict[str, list[CriterionSetting]] = {}
        for row in queries.settings_of(alliance.pk):
            settings.setdefault(row.rule, []).append(row)
        live = {
            rule for rule, rows in settings.items() if any(_counts(r, self.today) for r in rows)
        }
        self.set_here = sorted(live)
        ways: dict[str, list[Any]] = {}
        for rule in loading.book().rules:
            if rule.disease.key == disease and rule.in_force(self.today):
                shown = criterion_words.line(rule, settings, self.today)
                ways.setdefault(str(rule.edge.direction), []).append(shown)
        return [(wording.direction(way), lines) for way, lines in ways.items()]


def _counts(row: CriterionSetting, today: date) -> bool:
    return not row.is_withdrawn and (row.ends is None or row.ends > today)


def editions(rule_id: str) -> list[Rule]:
    """Return every edition of a rule, the newest first; raises Http404 where there is none."""
    found = [rule for rule in loading.book().rules if rule.id == rule_id]
    if not found:
        raise Http404
    return sorted(found, key=lambda rule: rule.effective_from, reverse=True)


def edition_of(found: list[Rule], today: date) -> Rule:
    """Return the edition in force on a day, else the newest."""
    return next((rule for rule in found if rule.in_force(today)), found[0])


class Criterion(RulesPage):
    """One rule: its words and source, what the alliance has set of it, and a change."""

    def get(self, request: HttpRequest, alliance_id: UUID, rule: str) -> HttpResponse:
        """Show it."""
        return self.whole(self.alliance(alliance_id), editions(rule))

    def post(self, request: HttpRequest, alliance_id: UUID, rule: str) -> HttpResponse:
        """Show what a change would do, and once that was seen, set it."""
        alliance, found = self.alliance(alliance_id), editions(rule)
        one = edition_of(found, self.today)
        rows = queries.settings_of(alliance.pk).filter(rule=one.id)
        row = queries.in_force(rows, one.id, self.today)
        form = CriterionForm.of(one, row, self.today, request.POST)
        if not form.is_valid():
            return self.whole(alliance, found, form, status=400)
        if request.POST.get("step") != SET:
            return self.whole(alliance, found, form, looked=self._looked_at(alliance, one, form))

        def deed() -> str:
            actions.set_criterion(
                alliance.pk, one, by=self.actor, now=timezone.now(), **form.words()
            )
            return reverse("referral:criterion", args=[alliance.pk, one.id])

        try:
            address = self.once(form.cleaned_data["key"], deed)
        except Refused as refusal:
            status = refusal.kind.value
            return self.whole(alliance, found, form, refusal=refusal, status=status)
        messages.success(request, _("The rule is set for this alliance."))
        return redirect(address)

    def whole(
        self,
        alliance: Alliance,
        found: list[Rule],
        form: CriterionForm | None = None,
        *,
        looked: dict[str, Any] | None = None,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and what was said of it."""
        today, one = self.today, edition_of(found, self.today)
        rows = list(queries.settings_of(alliance.pk).filter(rule=one.id))
        row = queries.in_force(rows, one.id, today)
        by_edition = {rule.effective_from: rule for rule in found}
        context = {
            "alliance": alliance,
            "rule": criterion_words.line(one, {one.id: rows}, today),
            "disease": one.disease.key,
            "disease_name": spoken(one.disease.words),
            "others": [criterion_words.rule_words(rule) for rule in found if rule is not one],
            "rows": [
                criterion_words.setting_words(each, by_edition.get(each.edition), today)
                for each in rows
            ],
            "form": form or CriterionForm.of(one, row, today),
            "looked": looked,
            "refusal": refusal,
            "invalid": status == 400,
        }
        return self.show("managing/criterion.html", context, status=status)

    def _looked_at(self, alliance: Alliance, rule: Rule, form: CriterionForm) -> dict[str, Any]:
        row = form.row(rule, self.today)
        counted = turned(alliance, rule, row, self.today)
        return {
            "counted": counted,
            "days": queries.LOOKED_BACK.days,
            "mode": criterion_words.MODES[row.mode],
            "details": criterion_words.setting_words(row, rule, self.today)["details"],
            "follow_up_days": row.follow_up_days,
            "starts": form.cleaned_data["starts"],
            "query": form.query(),
            "behind": reverse("referral:criterion-turned", args=[alliance.pk, rule.id]),
        }


def turned(alliance: Alliance, rule: Rule, row: CriterionSetting, today: date) -> queries.Turned:
    """Count what a change would make of what was observed lately, against the rule as it is held today."""
    rows = queries.settings_of(alliance.pk).filter(rule=rule.id)
    before = held.applied(rule, queries.in_force(rows, rule.id, today))
    row.alliance_id = alliance.pk
    return queries.turned(alliance.pk, rule, before, held.applied(rule, row), at=timezone.now())


class Turned(RulesPage):
    """The referrals behind a number of the preview."""

    def get(self, request: HttpRequest, alliance_id: UUID, rule: str) -> HttpResponse:
        """Show them, a page at a time; 400 for what is no change of this rule."""
        alliance, one = self.alliance(alliance_id), edition_of(editions(rule), self.today)
        form, turn = ChangeForm(request.GET, rule=one), request.GET.get("turn", "")
        if turn not in TURNS or not form.is_valid():
            raise BadRequest("no change of this rule")
        counted = turned(alliance, one, form.row(one, self.today), self.today)
        rows = queries_referrals.for_list(queries.legs_of(getattr(counted, turn)))
        page = self.paged(rows, ("-created_at", "-id"))
        context = {
            "box": TURNS[turn],
            "lines": pages.lines(page.rows, self.actor, timezone.now()),
            "page": page,
            "back": reverse("referral:criterion", args=[alliance.pk, one.id]),
            "rule": criterion_words.rule_words(one),
        }
        answer = self.show("managing/turned.html", context)
        self.log("referral.list", page.rows)
        return answer


class WithdrawCriterion(Withdrawal, Criteria):
    """Takes back a setting of a criterion, and shows the rule."""

    def withdrawn(self, alliance: Alliance, rule_id: UUID) -> str:
        """Withdraw it."""
        row = actions.withdraw_criterion(alliance.pk, rule_id, by=self.actor, now=timezone.now())
        return reverse("referral:criterion", args=[alliance.pk, row.rule])
