"""The settings of who gets in, and how; settings.py takes them over."""

from pathlib import Path

from dashboard.env import env, env_number, env_secret
from dashboard.machine.mail import mail_server
from dashboard.machine.openid_connect import openid_connect

_BASE = Path(__file__).resolve().parent.parent

AUTH_USER_MODEL = "releases.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "app_list"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "dashboard.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_FORMS = {
    "login": "dashboard.accounts.SignInForm",
    "reauthenticate": "dashboard.accounts.PasswordForm",
    "reset_password": "dashboard.accounts.ForgottenPasswordForm",
    "reset_password_from_key": "dashboard.accounts.PasswordByMailForm",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Who has no account gets no mail either: anyone may type any address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60
# How long, in seconds, one need not show again who one is (dashboard.proof). In less than
# half a minute nobody would get anything done.
ACCOUNT_REAUTHENTICATION_TIMEOUT = max(30, env_number("ROLLBOOK_PROOF_LASTS", 300))
MFA_ADAPTER = "releases.two_factor.SealedAdapter"
MFA_FORMS = {
    "authenticate": "dashboard.accounts.CodeForm",
    "reauthenticate": "dashboard.accounts.CodeAgainForm",
    "authenticate_webauthn": "dashboard.passkeys.SecondStepByPasskeyForm",
    "login_webauthn": "dashboard.passkeys.SignInByPasskeyForm",
    "reauthenticate_webauthn": "dashboard.passkeys.ProofByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey stands for the password as well: the device asks for a finger, a face, a PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# A code of the half minute before or after: clocks differ, and typing takes its time.
MFA_TOTP_TOLERANCE = 1
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Where mail goes; without it, people who forgot their password ask an admin.
MAIL_SERVER = mail_server(
    env_secret("ROLLBOOK_EMAIL_URL", base=_BASE), setting="ROLLBOOK_EMAIL_URL"
)
EMAIL_TIMEOUT = 10
if MAIL_SERVER:
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER.starts_tls, MAIL_SERVER.is_tls

# A provider of OpenID Connect by which people with an account may sign in.
_OIDC_ISSUER = env("ROLLBOOK_OIDC_ISSUER")
OIDC_NAME = env("ROLLBOOK_OIDC_NAME", "Single sign-on") if _OIDC_ISSUER else ""
SOCIALACCOUNT_PROVIDERS = openid_connect(
    issuer=_OIDC_ISSUER,
    client_id=env("ROLLBOOK_OIDC_CLIENT_ID"),
    client_secret=env_secret("ROLLBOOK_OIDC_CLIENT_SECRET", base=_BASE),
    name=OIDC_NAME,
)
SOCIALACCOUNT_ADAPTER = "dashboard.single_sign_on.SingleSignOn"
SOCIALACCOUNT_STORE_TOKENS = False
# Going there changes nothing here, and the policy lets no form lead to another site.
SOCIALACCOUNT_LOGIN_ON_GET = True
