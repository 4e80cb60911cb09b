"""The admin, of which every change asks who makes it: they decide about everyone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from dashboard.proof import require_proof


class AdminSite(admin.AdminSite):
    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        def proved_view(
            request: HttpRequest, *args: object, **kwargs: object
        ) -> HttpResponse:
            # Others are refused by the view, and need show nothing.
            if request.method == "POST" and request.user.is_superuser:
                require_proof(request)
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        return super().admin_view(proved_view, cacheable)
