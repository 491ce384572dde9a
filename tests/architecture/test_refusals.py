"""Every refusal has a sentence that is translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.architecture.floors import ROOT

APPS: Final = (
    *("accounts", "audit", "facilities", "insights", "interop", "notifications", "patients"),
    *("referral", "scenarios"),
)
# What makes a refusal, and where its code stands among the arguments; the sentence comes next.
MAKERS: Final = {"Refused": 0, "Verdict": 1, "_rule": 0}
SPOKEN: Final = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "ngettext_lazy"})
# A sentence, and neither the name of a value in it nor what stands between two.
WORDS: Final = re.compile(r"\w\w[\s,.]")


class Refusal(NamedTuple):
    """A place in the code that refuses."""

    where: str
    code: ast.expr
    sentence: ast.expr


def refusals() -> Iterator[Refusal]:
    """Yield every place that makes a refusal with code and sentence of its own."""
    for path in (path for app in APPS for path in sorted(ROOT.glob(f"{app}/**/*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                node.func.id
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                else ""
            )
            if name in MAKERS and isinstance(node, ast.Call) and len(node.args) > MAKERS[name] + 1:
                code, sentence = node.args[MAKERS[name] : MAKERS[name] + 2]
                yield Refusal(f"{path.relative_to(Path(ROOT))}:{node.lineno}", code, sentence)


def is_bare(sentence: ast.expr) -> bool:
    """Say whether a sentence is written as it is, so that nobody translates it."""
    for node in ast.walk(sentence):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in SPOKEN
        ):
            return False
    texts = [node.value for node in ast.walk(sentence) if isinstance(node, ast.Constant)]
    return any(isinstance(text, str) and WORDS.search(text) for text in texts)


def test_every_sentence_of_a_refusal_is_translated() -> None:
    """`manage.py check_translations` holds that what is marked is there in Chinese too."""
    found = list(refusals())
    assert len(found) > 150
    assert [each.where for each in found if is_bare(each.sentence)] == []


def test_a_bare_sentence_is_seen() -> None:
    bare = ast.parse('"No."', mode="eval").body
    marked = ast.parse('_("No, %(why)s.") % {"why": why}', mode="eval").body
    assert is_bare(bare)
    assert is_bare(ast.parse('f"No, {why}."', mode="eval").body)
    assert not is_bare(marked)
    assert not is_bare(ast.parse("str(verdict.reason)", mode="eval").body)
    assert not is_bare(ast.parse('" ".join(texts) % {"needed": 3}', mode="eval").body)
