"""A page that asks for one thing by one form: what it is called, what it does, where it leads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from facilities.managing.forms import SettingForm
from facilities.managing.settings import SettingsPage

Crumb = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a page asks for; `address` is where it leads to, or says so of what was made.

    `way` are the pages above, from the top; the last of them is also the way back.
    """

    title: Any
    form: Callable[..., SettingForm]
    perform: Callable[[Mapping[str, Any]], object]
    address: str | Callable[[Any], str]
    said: Any
    way: Sequence[Crumb]
    note: Any = ""
    initial: Mapping[str, Any] = field(default_factory=dict)
    ends: bool = False


class DeedPage(SettingsPage):
    """A page with one form, written once by an action."""

    def deed(self, **ids: UUID) -> Deed:
        """Return what the page asks for; refuses whoever may not do it."""
        raise NotImplementedError

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponse:
        """Show the form."""
        deed = self.deed(**ids)
        return self._page(deed, deed.form(initial=dict(deed.initial)))

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponse:
        """Do it."""
        deed = self.deed(**ids)
        form = deed.form(request.POST)
        answer = self.written(form, deed.perform, address=deed.address, said=deed.said)
        return answer or self._page(deed, form, status=422)

    def _page(self, deed: Deed, form: SettingForm, *, status: int = 200) -> HttpResponse:
        return self.show("managing/deed.html", {"deed": deed, "form": form}, status=status)
