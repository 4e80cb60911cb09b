"""Takes away what would write past the operations."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin

# People sign in by the e-mail of their own row; allauth's copies decide nothing here, nor
# what it could keep of other providers.
# Two-factor is turned off from a person's page, and sessions are ended by operations.
OTHERS = (
    EmailAddress,
    Authenticator,
    SocialAccount,
    SocialApp,
    SocialToken,
    UserSession,
)

for model in OTHERS:
    if admin.site.is_registered(model):
        admin.site.unregister(model)
