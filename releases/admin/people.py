"""People and access: what is sent goes to an operation, and a refusal says why."""

from collections.abc import Callable, Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from releases.admin.base import LedgerAdmin
from releases.admin.generic import Row
from releases.errors import OperationRefused


class PeopleAdmin(LedgerAdmin[Row]):
    """Has forms and confirmations, each of which calls one operation."""

    def form_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        do: Callable[[], str],
        *,
        title: str,
        back: str,
        submit: str,
        tools: Sequence[tuple[str, str]] = (),
        row: Row | None = None,
    ) -> HttpResponse:
        """Show `form`; once it is filled in `do` it, tell what was done and go `back`."""
        status = 200
        if request.method == "POST":
            if form.is_valid():
                try:
                    done = do()
                except OperationRefused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    return self.done(request, done, back)
            status = 422
        context: dict[str, object] = {
            "form": form,
            "title": title,
            "back": back,
            "submit": submit,
            "tools": tools,
        }
        return self.respond(
            request, "admin/releases/form.html", context, row=row, status=status
        )

    def confirm_page(
        self,
        request: HttpRequest,
        do: Callable[[], str],
        *,
        title: str,
        question: str,
        back: str,
        submit: str,
        row: Row,
        then: str = "",
    ) -> HttpResponse:
        """Ask a question; by POST `do` it, and go on to `then`."""
        refusal = ""
        if request.method == "POST":
            try:
                done = do()
            except OperationRefused as refused:
                refusal = str(refused)
            else:
                return self.done(request, done, then or back)
        context: dict[str, object] = {
            "title": title,
            "question": question,
            "refusal": refusal,
            "back": back,
            "submit": submit,
        }
        return self.respond(
            request,
            "admin/releases/confirm.html",
            context,
            row=row,
            status=409 if refusal else 200,
        )

    def done(self, request: HttpRequest, sentence: str, then: str) -> HttpResponse:
        messages.success(request, sentence)
        return HttpResponseRedirect(then)
