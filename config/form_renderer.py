"""Writes the fields of forms: what is one element in HTML by a line of code, the rest by Django's templates.

A page of a referral holds some sixty fields, for each move a form, and Django renders up to four templates for
each. Written so, a field costs a tenth.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.template import Context
from django.template.base import render_value_in_context
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

FOLDER: Final = "django/forms/widgets/"
# The kinds of fields that Django writes as it writes any input.
INPUTS: Final = (
    *("input", "text", "hidden", "number", "email", "password", "url", "tel", "search", "color"),
    *("date", "datetime", "time", "file", "checkbox"),
)
TICKS: Final = ("input_option", "checkbox_option", "radio_option")
PLAIN: Final = Context()
Widget = Mapping[str, Any]


class FormRenderer(DjangoTemplates):
    """Django's own renderer, for widgets that are single elements without its templates."""

    def render(
        self,
        template_name: str,
        context: dict[str, Any],
        request: HttpRequest | None = None,
    ) -> str:
        """Return the HTML of a widget or a form."""
        write = WRITTEN.get(template_name)
        if write is None:
            return super().render(template_name, context, request)
        return mark_safe(write(context["widget"]))  # noqa: S308 - each part is escaped where it is put in


def shown(value: Any) -> str:
    """Return a value as a template shows it: in the format of the language, escaped unless it is HTML."""
    return render_value_in_context(value, PLAIN)


def as_value(value: Any) -> str:
    """Return a value as it stands in an attribute: in no format, escaped unless it is HTML."""
    return conditional_escape(str(value))


def attributes(widget: Widget) -> str:
    """Return the attributes of a widget; one that is True has no value, one that is False is left out."""
    return "".join(
        f" {shown(name)}" if value is True else f' {shown(name)}="{as_value(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def one_input(widget: Widget) -> str:
    """Return a field for a word, a number, a day, a tick, or one that is hidden."""
    value = widget["value"]
    held = "" if value is None else f' value="{as_value(value)}"'
    name = shown(widget["name"])
    return f'<input type="{shown(widget["type"])}" name="{name}"{held}{attributes(widget)}>'


def tick(widget: Widget) -> str:
    """Return one of several ticks, with its label around it where that is wanted."""
    element = one_input(widget)
    if not widget.get("wrap_label"):
        return element
    about = widget["attrs"].get("id")
    for_whom = f' for="{shown(about)}"' if about else ""
    return f"<label{for_whom}>{element}\n {shown(widget['label'])}</label>"


def area(widget: Widget) -> str:
    """Return a field for several lines."""
    text = shown(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{shown(widget["name"])}"{attributes(widget)}>\n{text}</textarea>'


def option(widget: Widget) -> str:
    """Return one line of a list to choose from."""
    value = as_value(widget["value"])
    return f'<option value="{value}"{attributes(widget)}>{shown(widget["label"])}</option>'


def choice(widget: Widget) -> str:
    """Return a list to choose from, with its groups."""
    lines = [f'<select name="{shown(widget["name"])}"{attributes(widget)}>']
    for group, options, _number in widget["optgroups"]:
        if group:
            lines.append(f'\n  <optgroup label="{shown(group)}">')
        lines.extend(f"\n  {option(each)}\n" for each in options)
        if group:
            lines.append("\n  </optgroup>")
    return "".join([*lines, "\n</select>"])


WRITTEN: Final[dict[str, Callable[[Widget], str]]] = {
    **{f"{FOLDER}{name}.html": one_input for name in INPUTS},
    **{f"{FOLDER}{name}.html": tick for name in TICKS},
    f"{FOLDER}textarea.html": area,
    f"{FOLDER}select_option.html": option,
    f"{FOLDER}select.html": choice,
}
