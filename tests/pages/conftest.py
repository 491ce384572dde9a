"""Gives page tests a browser for each person of the world."""

import html
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from accounts.models import User
from accounts.sessions import SessionStore
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
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person.user)
    return Browser(client)


def session_of(user: User) -> str:
    """Return the key of a new session of a user, written by one statement.

    Signing in by Django's test client takes thirteen, and half of the page tests begin with two of it.
    """
    store = SessionStore()
    made = store.create_model_instance(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    made.save(force_insert=True)
    return str(made.session_key)


def text_of(answer: Any) -> str:
    """Return what a reader sees of a page: no tags, no attributes, blanks joined."""
    body = re.sub(r"(?s)<head>.*?</head>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()
