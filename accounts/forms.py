"""Takes user name and password, slowly where they were wrong before."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import throttle


class SignInForm(AuthenticationForm):
    """Django's form, with each try counted before the password is looked at."""

    wait: timedelta | None = None

    def clean(self) -> dict[str, Any]:
        """Check the password if the counters let the try in; raises ValidationError."""
        name, request = self.cleaned_data.get("username"), self.request
        if not name or not self.cleaned_data.get("password") or request is None:
            return super().clean()
        counted = throttle.counters(request, name)
        self.wait = throttle.claim(counted, now=timezone.now())
        if self.wait is not None:
            raise ValidationError(throttle.please_wait(self.wait), code="wait")
        cleaned = super().clean()
        throttle.give_back(counted)
        return cleaned
