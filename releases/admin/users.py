from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from releases.admin.base import Page, Table, acting, is_superuser
from releases.admin.cells import (
    Cell,
    add_url,
    anchor,
    code,
    link,
    list_url,
    minute,
    moment,
    page_url,
)
from releases.admin.forms import PasswordForm, UserForm
from releases.admin.people import PeopleAdmin
from releases.admin.tables import access_table, bounded, note_of
from releases.models import SYSTEM_ID, Access, Activity, User
from releases.operations.create_user import create_user
from releases.operations.deactivate_user import deactivate_user
from releases.operations.set_password import set_password
from releases.operations.two_factor import turn_off_two_factor
from releases.two_factor import TwoFactor, two_factor_of


@admin.register(User)
class UserAdmin(PeopleAdmin[User]):
    list_display = ["email", "full_name", "is_superuser", "is_active", "created"]
    list_filter = ["is_superuser", "is_active"]
    search_fields = ["email__startswith"]
    search_help_text = "How an e-mail begins."
    ordering = ["email"]
    page_deferred = ["password"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request).exclude(pk=SYSTEM_ID)
        return people.defer("password")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        # E-mails are kept in lower case.
        return super().get_search_results(request, queryset, search_term.lower())

    @admin.display(description="created (UTC)")
    def created(self, user: User) -> Cell:
        return minute(user.created_at)

    def page(self, request: HttpRequest, row: User) -> Page:
        tools = [(list_url(Activity, q=row.email), "Activity")]
        two_factor = two_factor_of(row, actor=acting(request))
        if two_factor:
            tools.append((page_url(row, "two_factor_off"), "Turn off two-factor"))
        if row.is_active:
            give = add_url(Access, email=row.email)
            tools += [
                (give, "Give access"),
                (page_url(row, "password"), "Set another password"),
                (page_url(row, "deactivate"), "Deactivate"),
            ]
        return Page(
            title=row.email,
            facts=_facts(row, two_factor),
            tables=_tables(row),
            tools=tools,
        )

    def get_urls(self) -> list[URLPattern]:
        own: list[URLPattern] = [
            path(
                "<path:object_id>/deactivate/",
                self.admin_site.admin_view(self.deactivate_view),
                name="releases_user_deactivate",
            ),
            path(
                "<path:object_id>/password/",
                self.admin_site.admin_view(self.password_view),
                name="releases_user_password",
            ),
            path(
                "<path:object_id>/two-factor-off/",
                self.admin_site.admin_view(self.two_factor_off_view),
                name="releases_user_two_factor_off",
            ),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UserForm(request.POST or None)

        def create() -> str:
            user = create_user(
                email=form.cleaned_data["email"],
                full_name=form.cleaned_data["full_name"],
                password=form.cleaned_data["password"],
                superuser=form.cleaned_data["superuser"],
                actor=acting(request),
            )
            return f"Created user {user}."

        return self.form_page(
            request,
            form,
            create,
            title="Add a user",
            back=list_url(User),
            submit="Create the user",
        )

    def deactivate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.found(request, object_id)

        def deactivate() -> str:
            deactivate_user(user=user, actor=acting(request))
            return f"Deactivated {user}. What they did stays in history."

        return self.confirm_page(
            request,
            deactivate,
            title=f"Deactivate {user}",
            question=f"Every door closes to {user} at once, and nothing here opens them"
            " again. What they did stays in history, and their apps stay as they are.",
            back=page_url(user),
            submit=f"Deactivate {user}",
            row=user,
        )

    @method_decorator(sensitive_post_parameters())
    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.found(request, object_id)
        form = PasswordForm(request.POST or None)

        def set_another() -> str:
            password = form.cleaned_data["password"]
            set_password(user=user, password=password, actor=acting(request))
            return f"Changed the password of {user}, who is signed out everywhere."

        return self.form_page(
            request,
            form,
            set_another,
            title=f"Set another password for {user}",
            back=page_url(user),
            submit="Set it",
            row=user,
        )

    def two_factor_off_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.found(request, object_id)

        def turn_off() -> str:
            turn_off_two_factor(user=user, actor=acting(request))
            return f"Turned off two-factor of {user}."

        return self.confirm_page(
            request,
            turn_off,
            title=f"Turn off two-factor of {user}",
            question=f"The password alone signs {user} in then, until they turn it on"
            " again. Make sure that it is they who ask.",
            back=page_url(user),
            submit=f"Turn off two-factor of {user}",
            row=user,
        )


def _facts(user: User, two_factor: TwoFactor | None) -> list[tuple[str, Cell]]:
    state = "Active" if user.is_active else "Deactivated"
    return [
        ("E-mail", user.email),
        ("Full name", user.full_name),
        ("State", "The system, which never signs in" if user.is_system else state),
        ("Superuser", "Yes" if user.is_superuser else "No"),
        ("Created", moment(user.created_at)),
        ("Last sign-in", moment(user.last_login) or "never"),
        ("Two-factor", moment(two_factor.since) if two_factor else "Off"),
        ("Id", code(user.pk)),
    ]


def _tables(user: User) -> list[Table]:
    apps = user.owned_apps.select_related("current_release").order_by("name")
    shown, more = bounded(apps)
    accesses = user.accesses.select_related("app", "user").order_by("app__name")
    return [
        Table(
            title="Apps that they own",
            heads=["App", "Current release", "State"],
            rows=[
                [
                    link(app),
                    link(app.current_release),
                    "Destroyed" if app.deleted_at else "Live",
                ]
                for app in shown
            ],
            note=note_of(more=more),
        ),
        access_table(
            accesses,
            everything=anchor(list_url(Access, q=user.email), "All their access"),
        ),
    ]
