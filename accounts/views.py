"""The page of signing in, and the end of a session."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.csrf import csrf_failure

from accounts.models import User


class SignIn(LoginView):
    """Checks user name and password, and begins a session."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in; a browser that has not chosen a language speaks the person's own from now on."""
        answer = super().form_valid(form)
        user = form.get_user()
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES and isinstance(user, User):
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                user.language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return answer


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Say that a form was too old; whoever has signed in meanwhile, in another tab, is led on instead."""
    if request.user.is_authenticated and request.path == reverse(settings.LOGIN_URL):
        return redirect(settings.LOGIN_REDIRECT_URL)
    return csrf_failure(request, reason)


class SignOut(LogoutView):
    """Ends the session; by POST only, so that no link or picture can do it."""
