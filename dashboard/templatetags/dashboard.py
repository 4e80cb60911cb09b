"""What templates draw: icons, and the chips for versions, commits and people."""

from datetime import datetime

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import passkeys
from dashboard.app_page import few_keys, short_title
from dashboard.display import theme_of, zone_of
from dashboard.people import person, source_icon, source_words
from dashboard.times import in_full as time_in_full
from dashboard.times import moment
from releases.models import Release

register = template.Library()
register.filter(few_keys)
register.filter(short_title)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon of the sprite; it is decoration, so a word stands beside it."""
    css = f"icon icon-{size}" if size else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>', css, name
    )


@register.simple_tag
def sha(commit: object) -> SafeString:
    """Show a short commit; nothing where there is none."""
    if not commit:
        return mark_safe("")
    return format_html(
        '<span class="sha">{}{}</span>', icon("commit", "s"), str(commit)[:7]
    )


@register.simple_tag
def avatar(email: str) -> SafeString:
    """Draw the letters that stand for a person."""
    who = person(email)
    css = "avatar avatar-bot" if who.is_bot else "avatar"
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', css, who.initials
    )


@register.simple_tag(takes_context=True)
def viewers_theme(context: Context) -> str:
    return theme_of(context["request"])


@register.simple_tag(takes_context=True)
def viewers_zone(context: Context) -> str:
    return zone_of(context["request"])


@register.simple_tag(takes_context=True)
def passkeys_work(context: Context) -> bool:
    return passkeys.passkeys_work(context["request"])


@register.simple_tag
def single_sign_on() -> str:
    """Return what single sign-on is called here; nothing where there is none."""
    return str(settings.OIDC_NAME)


@register.filter
def person_name(email: str) -> str:
    return person(email).name


@register.filter
def ago(when: datetime) -> SafeString:
    """Show a time by how long ago it is; it ages while the page stays open."""
    at = moment(when, timezone.now())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.iso, at.full, at.ago
    )


@register.filter
def in_full(when: datetime) -> str:
    return time_in_full(when)


@register.simple_tag
def source(release: Release) -> SafeString:
    """Show through what a release was made."""
    words = source_words(release.source, release.token_name)
    return format_html("{}{}", icon(source_icon(release.source)), words)
