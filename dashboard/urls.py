from allauth.account.views import (
    login,
    logout,
    password_reset_done,
    password_reset_from_key,
    password_reset_from_key_done,
)
from allauth.mfa.base.views import authenticate
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from dashboard.views import (
    access,
    account,
    activity,
    app_settings,
    apps,
    compare,
    config,
    config_keys,
    display,
    docs,
    exports,
    health,
    insights,
    logs,
    overview,
    passkeys,
    proof,
    ran_at,
    releases,
    rollback,
    sign_in,
    tokens,
    two_factor,
)

release_urls: list[URLPattern | URLResolver] = [
    path("", releases.release_detail, name="release_detail"),
    path("rollback/", rollback.release_rollback, name="release_rollback"),
    path("way/", releases.release_way, name="release_way"),
    path("mark/", releases.release_mark, name="release_mark"),
    path("config/<str:name>/", releases.release_config_var, name="release_config_var"),
    path(
        "config/<str:name>/erase/",
        config_keys.release_value_erase,
        name="release_value_erase",
    ),
]
app_urls: list[URLPattern | URLResolver] = [
    path("", overview.app, name="app"),
    path("news/", overview.app_news, name="app_news"),
    path("processes/", overview.app_processes, name="app_processes"),
    path("scale/", overview.app_scale, name="app_scale"),
    path("restart/", overview.app_restart, name="app_restart"),
    path("stop/", overview.app_stop, name="app_stop"),
    path("maintenance/", overview.app_maintenance, name="app_maintenance"),
    path("run-settings/", overview.app_run_settings, name="app_run_settings"),
    path("logs/", logs.app_logs, name="app_logs"),
    path("access/", access.app_access, name="app_access"),
    path("access/give/", access.app_access_give, name="app_access_give"),
    path("access/take/", access.app_access_take, name="app_access_take"),
    path("access/transfer/", access.app_transfer, name="app_transfer"),
    path("settings/", app_settings.app_settings, name="app_settings"),
    path("settings/rename/", app_settings.app_rename, name="app_rename"),
    path("settings/hold/", app_settings.app_hold, name="app_hold"),
    path("settings/destroy/", app_settings.app_destroy, name="app_destroy"),
    path("compare/", compare.app_compare_any, name="app_compare_any"),
    path("compare/<str:versions>/", compare.app_compare, name="app_compare"),
    path("config/", config.app_config, name="app_config"),
    # No key has a hyphen, so that this is the page of none.
    path("config/kept-keys/", config.app_config_keep, name="app_config_keep"),
    path("config/<str:name>/", config_keys.app_config_key, name="app_config_key"),
    path("insights/", insights.app_insights, name="app_insights"),
    path("export/", exports.app_export, name="app_export"),
    path("activity/", activity.app_activity, name="app_activity"),
    path("activity/news/", activity.app_activity_news, name="app_activity_news"),
    path("at/", ran_at.app_at, name="app_at"),
    path("rollback/", apps.app_rollback, name="app_rollback"),
    path("releases/v<int:version>/", include(release_urls)),
]
token_urls: list[URLPattern | URLResolver] = [
    path("", tokens.token_list, name="token_list"),
    path("new/", tokens.token_create, name="token_create"),
    path("<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
]
passkey_urls: list[URLPattern | URLResolver] = [
    path("", passkeys.passkey_list, name="passkey_list"),
    path("add/", passkeys.passkey_add, name="passkey_add"),
    path("<int:passkey_id>/", passkeys.passkey, name="passkey"),
    path("<int:passkey_id>/remove/", passkeys.passkey_remove, name="passkey_remove"),
]
reset_urls: list[URLPattern | URLResolver] = [
    path("", sign_in.password_reset, name="account_reset_password"),
    path("sent/", password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^by/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "done/",
        password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
session_urls: list[URLPattern | URLResolver] = [
    path("end-others/", account.session_end_others, name="session_end_others"),
    path("<int:session_id>/end/", account.session_end, name="session_end"),
]
two_factor_urls: list[URLPattern | URLResolver] = [
    path("", two_factor.two_factor, name="two_factor"),
    path("on/", two_factor.two_factor_on, name="two_factor_on"),
    path("off/", two_factor.two_factor_off, name="two_factor_off"),
    path("codes/", two_factor.recovery_codes, name="recovery_codes"),
]
urlpatterns = [
    path("", apps.app_list, name="app_list"),
    path("news/", apps.app_list_news, name="app_list_news"),
    path("activity/", activity.activity, name="activity"),
    path("activity/news/", activity.activity_news, name="activity_news"),
    path("at/", ran_at.at, name="at"),
    path("insights/", insights.insights, name="insights"),
    path("apps/new/", apps.app_create, name="app_create"),
    path("apps/<slug:app_name>/", include(app_urls)),
    path("account/", account.account, name="account"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/password/reset/", include(reset_urls)),
    path("account/passkeys/", include(passkey_urls)),
    path("account/sessions/", include(session_urls)),
    path("account/login/", login, name="account_login"),
    path("account/login/code/", authenticate, name="mfa_authenticate"),
    path(
        "account/login/passkey/",
        passkeys.SignInByPasskey.as_view(),
        name="mfa_login_webauthn",
    ),
    path(
        "account/login/<str:provider_id>/",
        sign_in.single_sign_on,
        name="openid_connect_login",
    ),
    path(
        "account/login/<str:provider_id>/done/",
        sign_in.single_sign_on_done,
        name="openid_connect_callback",
    ),
    path("account/logout/", logout, name="account_logout"),
    path(
        "account/confirm/",
        proof.ProofByPassword.as_view(),
        name="account_reauthenticate",
    ),
    path(
        "account/confirm/code/",
        proof.ProofByCode.as_view(),
        name="mfa_reauthenticate",
    ),
    path(
        "account/confirm/passkey/",
        passkeys.ProofByPasskey.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/tokens/", include(token_urls)),
    path("account/two-factor/", include(two_factor_urls)),
    path("account/display/", display.display, name="display"),
    path("docs/cli/", docs.docs_cli, name="docs_cli"),
    path("docs/api/", docs.docs_api, name="docs_api"),
    # The admin's own doors lead to the same sign-in.
    path("admin/login/", sign_in.admin_login),
    path("admin/logout/", logout),
    path("admin/", admin.site.urls),
    path("", include("releases.api.signed")),
    path("healthz", health.healthz, name="healthz"),
]
handler400 = "dashboard.views.failures.bad_request"
handler500 = "dashboard.views.failures.server_error"
