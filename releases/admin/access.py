from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from releases.admin.base import acting, is_superuser
from releases.admin.cells import (
    Cell,
    link,
    list_of_app_url,
    list_url,
    minute,
    page_url,
)
from releases.admin.forms import AccessForm, PermissionsForm
from releases.admin.in_apps import InAppsAdmin
from releases.admin.people import PeopleAdmin
from releases.models import Access
from releases.operations.give_access import give_access, take_access
from releases.queries import find_app, find_user


@admin.register(Access)
class AccessAdmin(PeopleAdmin[Access], InAppsAdmin[Access]):
    list_display = ["person", "app_link", "may", "since"]
    list_select_related = ["user", "app"]
    search_fields = ["app__name__exact", "user__email__exact"]
    search_help_text = "The name of an app, or an e-mail."
    page_select_related = ["user", "app"]
    # Not of people's choosing, but of the index that there is.
    order_in_app = ["app_id", "user_id"]
    needs_app = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Access | None = None
    ) -> bool:
        return is_superuser(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: Access | None = None
    ) -> bool:
        return is_superuser(request)

    @admin.display(description="person")
    def person(self, access: Access) -> Cell:
        return str(access.user)

    @admin.display(description="app")
    def app_link(self, access: Access) -> Cell:
        return link(access.app)

    @admin.display(description="may")
    def may(self, access: Access) -> Cell:
        return ", ".join(access.permissions)

    @admin.display(description="since (UTC)")
    def since(self, access: Access) -> Cell:
        return minute(access.updated_at)

    def of_all_apps(
        self, queryset: QuerySet[Access], word: str
    ) -> QuerySet[Access] | None:
        if "@" not in word:
            return None
        return queryset.filter(user__email=word.lower())

    def narrowed(self, queryset: QuerySet[Access], word: str) -> QuerySet[Access]:
        return queryset.filter(user__email=word.lower())

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        actor = acting(request)
        asked = {name: request.GET.get(name, "") for name in ("app", "email")}
        form = AccessForm(request.POST or None, initial=asked)

        def give() -> str:
            access = give_access(
                app=find_app(form.cleaned_data["app"], actor=actor),
                user=find_user(form.cleaned_data["email"]),
                permissions=form.cleaned_data["permissions"],
                actor=actor,
            )
            return _given(access)

        return self.form_page(
            request,
            form,
            give,
            title="Give access",
            back=list_url(Access),
            submit="Give access",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        access = self.found(request, object_id)
        form = PermissionsForm(
            request.POST if request.method == "POST" else None,
            initial={"permissions": access.permissions},
        )

        def give() -> str:
            changed = give_access(
                app=access.app,
                user=access.user,
                permissions=form.cleaned_data["permissions"],
                actor=acting(request),
            )
            return _given(changed)

        return self.form_page(
            request,
            form,
            give,
            title=f"What {access.user} may do with {access.app}",
            back=list_of_app_url(Access, access.app),
            submit="Change access",
            tools=[
                (page_url(access.app), str(access.app)),
                (page_url(access.user), str(access.user)),
                (page_url(access, "delete"), "Take it away"),
            ],
            row=access,
        )

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        access = self.found(request, object_id)
        app, user = access.app, access.user

        def take() -> str:
            take_access(app=app, user=user, actor=acting(request))
            return f"Took the access of {user} to {app} away."

        return self.confirm_page(
            request,
            take,
            title=f"Take access of {user} to {app} away",
            question=f"{user} may {', '.join(access.permissions)} now,"
            f" and could do nothing more with {app}.",
            back=page_url(access),
            submit="Take it away",
            row=access,
            then=list_of_app_url(Access, app),
        )


def _given(access: Access) -> str:
    return (
        f"Gave {access.user} access to {access.app}: {', '.join(access.permissions)}."
    )
