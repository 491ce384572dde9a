"""Every event that is posted, and every reason why a delivery fails, has words."""

import ast
import re
from pathlib import Path

import pytest

from notifications import policy, wording
from referral import messages
from referral.actions import advising

ROOT = Path(__file__).parents[2]
# How the actions call what posts; in each of these calls a dotted word is a topic.
POSTS = {"post", "tell", "_tell", "_withdraw", "_post", "_announce"}
TOPIC = re.compile(r"[a-z]+\.[a-z_]+")


def constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a module gives a name."""
    found: dict[str, str] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found |= {each.id: value.value for each in targets if isinstance(each, ast.Name)}
    return found


def named(tree: ast.Module) -> set[str]:
    """Return the topics that the calls of a module name, by themselves or by a constant."""
    known, found = constants(tree), set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        for word in ast.walk(call) if name in POSTS else ():
            text: object = known.get(word.id) if isinstance(word, ast.Name) else None
            text = word.value if isinstance(word, ast.Constant) else text
            if isinstance(text, str) and TOPIC.fullmatch(text):
                found.add(text)
    return found


def posted() -> set[str]:
    """Return every topic that the code posts."""
    found = {*messages.TOPICS.values(), *advising.TOPICS.values()}
    found |= {messages.EPISODE_CLOSED, messages.OVERDUE, messages.ESCALATED}
    for file in (*ROOT.glob("*/actions/*.py"), *ROOT.glob("*/actions.py")):
        found |= named(ast.parse(file.read_text(encoding="utf-8")))
    return found


def test_what_may_be_chosen_is_what_is_told() -> None:
    offered = {topic for family in wording.FAMILIES.values() for topic in family.topics}
    assert posted() == offered


@pytest.mark.parametrize("name", wording.FAMILIES)
def test_a_family_is_an_interest_and_holds_its_own(name: str) -> None:
    family = wording.FAMILIES[name]
    assert policy.is_interest(f"{name}.*")
    assert all(policy.is_interest(each) for each in family.topics)
    assert {each.partition(".")[0] for each in family.topics} == {name}


def test_every_reason_of_a_failure_has_words() -> None:
    code = re.compile(r'(?:DeliveryError|BadAddress)\(\s*"([a-z_]+)"|, 0, "([a-z_]+)"\)')
    files = [ROOT / "notifications/worker.py", *ROOT.glob("notifications/channels/**/*.py")]
    found = {
        one or other
        for file in files
        for one, other in code.findall(file.read_text(encoding="utf-8"))
    }
    # The last two are chosen by a condition inside the call.
    assert {*found, "redirect", "status"} == set(wording.CODES)


def test_words_of_what_nobody_foresaw() -> None:
    assert str(wording.trouble("ZeroDivisionError")) == str(wording.trouble("KeyError")) != ""
    assert wording.trouble("") == ""
    assert wording.topic("lab.done") == "lab.done"
