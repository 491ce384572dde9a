"""Gives page tests a browser for each person of the world."""

import html
import re
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.factories import Person, as_system


@dataclass(slots=True)
class Browser:
    """A signed-in browser without scripts: it fetches pages and posts forms."""

    client: Client

    def get(self, address: str, **options: Any) -> Any:
        """Open a page."""
        answer = self.client.get(address, **options)
        as_system()
        return answer

    def post(self, address: str, words: dict[str, Any], *, follow: bool = True) -> Any:
        """Send a form, and follow to the page that it leads to."""
        answer = self.client.post(address, words, follow=follow)
        as_system()
        return answer

    def speak(self, language: str) -> "Browser":
        """Switch the language as the button does."""
        self.client.post("/i18n/setlang/", {"language": language, "next": "/"})
        return self


def browser_of(person: Person | None) -> Browser:
    """Return a browser signed in as a person, or as nobody."""
    client = Client()
    if person is not None:
        client.force_login(person.user)
    return Browser(client)


def text_of(answer: Any) -> str:
    """Return what a reader sees of a page: no tags, no attributes, blanks joined."""
    body = re.sub(r"(?s)<head>.*?</head>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()
