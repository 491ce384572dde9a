"""The catalogue tool finds every text, and every kind of incompleteness; the product's own is complete."""

from pathlib import Path

import polib

from config import translations
from config.launch.steps import ROOT
from config.translations import Text


def _project(folder: Path, template: str = "", code: str = "") -> Path:
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text(template, encoding="utf-8")
    (folder / "referral").mkdir()
    (folder / "referral" / "words.py").write_text(code, encoding="utf-8")
    return folder


def test_texts_of_code_and_templates_are_found(tmp_path: Path) -> None:
    root = _project(
        tmp_path,
        "{% load i18n %}{% translate 'Up' %}{% blocktranslate with a=b %}For {{ a }}{% endblocktranslate %}"
        "{% blocktranslate count n=n %}One{% plural %}Many{% endblocktranslate %}"
        "{% translate 'State' context 'of law' %}"
        '{{ _("Bracket ) inside") }}',
        'x = _("Down"), pgettext("medical", "State"), _(f())\n',
    )
    found = {(text.context, text.text): text.plural for text in translations.texts(root)}
    assert found == {
        (None, "Up"): None,
        (None, "For %(a)s"): None,
        (None, "One"): "Many",
        ("of law", "State"): None,
        (None, "Bracket ) inside"): None,
        (None, "Down"): None,
        ("medical", "State"): None,
    }
    assert translations.texts(root)[Text(None, "Down", None)] == ["referral/words.py"]


def _translate(root: Path, **words: str) -> None:
    path = translations.catalogue(root, "zh_Hans")
    file = polib.pofile(str(path))
    for entry in file:
        entry.msgstr = words.get(entry.msgid.split()[0], "")
    file.save()


def test_every_kind_of_incompleteness_is_named(tmp_path: Path) -> None:
    root = _project(tmp_path, code='from x import _\n_("Up")\n_("Down {who}")\n')
    assert translations.problems(root) == ["locale/zh_Hans/LC_MESSAGES/django.po does not exist"]
    assert translations.update(root) == 2
    assert [line.split(": ")[1] for line in translations.problems(root)] == ["not translated"] * 2
    _translate(root, Up="上转", Down="下转 {wer}")
    assert [line.split(": ")[1] for line in translations.problems(root)] == ["other placeholders"]
    _translate(root, Up="上转", Down="下转 {who}")
    assert translations.problems(root) == []
    path = translations.catalogue(root, "zh_Hans")
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "Up"', '#, fuzzy\nmsgid "Up"'),
        encoding="utf-8",
    )
    assert [line.split(": ")[1] for line in translations.problems(root)] == ["fuzzy"]
    (root / "referral" / "words.py").write_text('_("Sideways")\n', encoding="utf-8")
    assert [line.split(": ")[1] for line in translations.problems(root)] == ["missing"]


def test_only_a_changed_catalogue_is_compiled(tmp_path: Path) -> None:
    root = _project(tmp_path, code='_("Up")\n')
    translations.update(root)
    _translate(root, Up="上转")
    [written] = translations.compile_all(root)
    assert [(entry.msgid, entry.msgstr) for entry in polib.mofile(str(written))] == [("Up", "上转")]
    assert translations.compile_all(root) == []


def test_our_own_texts_are_all_translated() -> None:
    assert translations.problems(ROOT) == []
