"""Delivers by e-mail, which says only that there is something to read after signing in."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from notifications.channels.contract import DeliveryError, Message, Receipt

LANGUAGES = ("zh-hans", "en")
PERMANENT = 500


class Email:
    """One mail without names of patients or clinical words (reliability D15), in both languages.

    It says that there is something to read, or what those who look over the recipient have it say.
    """

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Hand the mail to the SMTP server; every retry carries the same Message-ID."""
        if message.endpoint is None or not message.endpoint.address:
            raise DeliveryError("no_address", permanent=True)
        mail = EmailMessage(
            subject=" / ".join(_in_each_language(_subject)),
            body="\n\n".join(_in_each_language(lambda: _body(message.words))),
            to=[message.endpoint.address],
            headers={
                "Message-ID": f"<{message.id}@{_domain()}>",
                "Auto-Submitted": "auto-generated",
            },
            connection=get_connection(timeout=deadline),
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _text in refused.recipients.values()]
            permanent = bool(codes) and min(codes) >= PERMANENT
            raise DeliveryError("recipient_refused", permanent=permanent) from None
        except (OSError, smtplib.SMTPException):
            raise DeliveryError("mail_server", silent=True) from None
        return Receipt()


def _in_each_language(render: Callable[[], str]) -> list[str]:
    texts = []
    for language in LANGUAGES:
        with override(language):
            texts.append(render())
    return list(dict.fromkeys(texts))


def _subject() -> str:
    return _("There is something new for you")


def _body(words: Mapping[str, str]) -> str:
    text = words.get(get_language() or "", "")
    return render_to_string("notifications/email.txt", {"url": _url(), "text": text}).strip()


def _url() -> str:
    return str(getattr(settings, "PUBLIC_URL", ""))


def _domain() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip(" >") or "localhost"
