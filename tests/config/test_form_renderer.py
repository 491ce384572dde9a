"""The fields of forms are those that Django's templates write, sign for sign."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils import translation
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe

from config.form_renderer import FOLDER, WRITTEN, FormRenderer

HOSTILE: Final = "<b>\"'&"
VALUES: Final[list[Any]] = [
    *(None, "", 0, 1234567, Decimal("1234.50"), True, False, "I10", HOSTILE),
    *(mark_safe("<i>"), lazystr(HOSTILE), lazystr(mark_safe("<u>")), ("a", "b")),
    *(date(2026, 3, 4), datetime(2026, 3, 4, 5, 6, tzinfo=UTC)),
]
ATTRIBUTES: Final[list[dict[str, Any]]] = [
    {},
    {"id": "id_note", "class": HOSTILE, "required": True, "disabled": False},
    {"id": mark_safe("a&b"), "aria-label": lazystr(HOSTILE), "rows": 4000, HOSTILE: None},
]


def options(value: Any, attrs: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of a list as a widget hands them to its template."""
    name = f"{FOLDER}select_option.html"
    return [{"value": value, "label": value, "attrs": attrs, "template_name": name}] * 2


def test_it_is_in_use() -> None:
    assert isinstance(get_default_renderer(), FormRenderer)


@pytest.mark.parametrize("language", ["zh-hans", "de"])
@pytest.mark.parametrize("template", sorted(WRITTEN))
def test_each_is_written_as_by_the_template(template: str, language: str) -> None:
    """Any value, any label, any attribute: all with all."""
    ours, theirs, differing = FormRenderer(), DjangoTemplates(), []
    for value in VALUES:
        for attrs in ATTRIBUTES:
            for wrapped in (True, False):
                lines = options(value, attrs)
                widget = {
                    "name": f"n{HOSTILE}",
                    "type": "text",
                    "value": value,
                    "attrs": attrs,
                    "label": value,
                    "wrap_label": wrapped,
                    "optgroups": [(None, lines, 0), (HOSTILE, lines, 1)],
                }
                context = {"widget": widget}
                with translation.override(language):
                    written = ours.render(template, context)
                    if written != theirs.render(template, context):
                        differing.append((value, attrs, wrapped, written))
    assert differing == []


class Everything(forms.Form):
    """A field of each kind, as forms of this system have them."""

    note = forms.CharField(widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("", "-"), ("组", [("a", "甲"), ("b", HOSTILE)])])
    items = forms.MultipleChoiceField(
        choices=[("a", "甲"), ("b", "乙")], widget=forms.CheckboxSelectMultiple
    )
    way = forms.ChoiceField(choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    size = forms.DecimalField(required=False, localize=True)
    file = forms.FileField(required=False)
    agreed = forms.BooleanField()
    hidden = forms.CharField(widget=forms.HiddenInput)


@pytest.mark.parametrize(
    "data", [None, {}, {"note": HOSTILE, "kind": "b", "items": ["b"], "way": "a"}]
)
def test_a_form_is_the_same_whole_and_in_parts(data: dict[str, Any] | None) -> None:
    ours, theirs = (
        Everything(data, renderer=renderer) for renderer in (FormRenderer(), DjangoTemplates())
    )
    assert str(ours) == str(theirs)
    for name in ours.fields:
        assert str(ours[name]) == str(theirs[name])
    for name in ("items", "way"):
        for one, other in zip(ours[name], theirs[name], strict=True):
            assert one.tag() == other.tag()
            assert one.tag(wrap_label=True) == other.tag(wrap_label=True)
