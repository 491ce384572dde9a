"""Denies every method of every view that does not say which right it needs."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.actors import Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView


class DenyByDefault(BasePermission):
    """Lets a signed-in actor through when its role holds the right the view names for the method."""

    message = _("Your role does not have this right.")
    code = "no-permission"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Check the role's right; whether this very object is meant is asked later, by policy."""
        required: dict[str, Any] = getattr(view, "required", {})
        needed = required.get("GET" if request.method == "HEAD" else str(request.method))
        actor = request.auth
        return needed is not None and isinstance(actor, Actor) and actor.can(needed)
