"""The change of post, for people who work at several facilities."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from facilities.pages import BEHALF_KEY, SESSION_KEY, Page


class SwitchPost(Page):
    """Keeps in the session at which of the person's own facilities they work now."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change to the facility named; 404 for one at which the person holds no post today."""
        wanted = request.POST.get("facility", "")
        if wanted not in {str(post.facility_id) for post in self.posts}:
            raise Http404
        request.session[SESSION_KEY] = wanted
        request.session.pop(BEHALF_KEY, None)
        return redirect(settings.LOGIN_REDIRECT_URL)
