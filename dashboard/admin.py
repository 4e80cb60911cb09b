"""Takes away what would write past the operations."""

from allauth.account.models import EmailAddress
from django.contrib import admin

# People sign in by the e-mail of their own row; allauth's copies decide nothing here.
if admin.site.is_registered(EmailAddress):
    admin.site.unregister(EmailAddress)
