"""The contents of what managers set and look up; each post sees the lines that it may open."""

from django.http import HttpRequest, HttpResponse

from accounts.permissions import Permission
from facilities.pages import Page


class Contents(Page):
    """Lists the pages behind /settings/; the template asks for the right of each line."""

    required = Permission.DIRECTORY_VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return self.show("managing/index.html", {})
