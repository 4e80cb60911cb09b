from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.app_rows import AppRow, app_rows, name_of
from dashboard.app_search import AppSearchForm, address_of
from dashboard.first_steps import first_app_steps
from dashboard.forms import NewAppForm
from dashboard.htmx import DashboardRequest, actor_of, render_page, wants_fragment
from dashboard.news import News, follow_list
from releases.app_list import Cursor, apps_by_need
from releases.errors import OperationRefused
from releases.operations.create_app import create_app
from releases.queries import open_app
from releases.restoring import Scope
from releases.way_back import way_back


@require_safe
def app_list(request: DashboardRequest) -> HttpResponse:
    form = AppSearchForm(request.GET)
    search, after = form.search, form.cursor
    rows, more = _rows(request, form)
    asked = {"q": search} if search else {}
    return render_page(
        request,
        "dashboard/app_list.html",
        {
            "nav": "apps",
            "rows": rows,
            "search": search,
            "after": after.name,
            "more": address_of(more, asked) if more else "",
            "all": f"?{urlencode(asked)}" if asked else reverse("app_list"),
            "news": follow_list(reverse("app_list_news"), form.asked, name_of(rows)),
            "commands": first_app_steps(request.user),
        },
        fragment="dashboard/_apps_found.html",
    )


@never_cache
@require_safe
def app_list_news(request: DashboardRequest) -> HttpResponse:
    """Tell htmx once that the list would be another by now: it moves under nobody's finger."""
    form = AppSearchForm(request.GET)
    here = f"{reverse('app_list')}?{urlencode(form.asked)}"
    if not wants_fragment(request):
        return redirect(here)
    rows, _ = _rows(request, form)
    if name_of(rows) == request.GET.get("seen"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    news = News(page_url=here, words="The list has changed: show it")
    return render(request, "dashboard/_list_changed.html", {"news": news})


@require_http_methods(["GET", "HEAD", "POST"])
def app_create(request: DashboardRequest) -> HttpResponse:
    form = NewAppForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            app = create_app(name=form.cleaned_data["name"], actor=actor_of(request))
        except OperationRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("app_activity", app.name)
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request,
        "dashboard/app_create.html",
        {"nav": "apps", "form": form},
        status=status,
    )


def _rows(
    request: DashboardRequest, form: AppSearchForm
) -> tuple[list[AppRow], Cursor | None]:
    """Return the rows that a page of the list has now, and where the next one begins."""
    now = timezone.localtime()
    page = apps_by_need(
        actor_of(request), now=now, search=form.search, after=form.cursor
    )
    return app_rows(page.apps, now), page.more


@require_safe
def app_rollback(request: DashboardRequest, app_name: str) -> HttpResponse:
    """Lead to the plan of going back to the last known good release.

    Where only code can go back any more, to the plan of that, which says so.
    """
    app, _ = open_app(app_name, actor=actor_of(request))
    way = way_back(app)
    if way is None:
        raise OperationRefused(
            f"{app} has no earlier release that went live, differs from what runs and can"
            " be restored. Choose a release on the Activity page.",
            code="no_target",
        )
    plan = reverse("release_rollback", args=[app.name, way.target.version])
    part = f"?scope={way.scope}" if way.scope != Scope.EVERYTHING else ""
    return redirect(plan + part)
