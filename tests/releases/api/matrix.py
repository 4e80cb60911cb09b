"""Who may call what: each route with the permission and the scopes that it takes.

To read: the method and path; which permissions on the app let one do it ("anyone" with
a token, or those that are named); and which kind of scope the token needs.
"""

from typing import NamedTuple

ALL = ("view", "rollback", "deploy", "operate", "manage")
LOOK = "view rollback deploy operate manage"
BACK = "rollback deploy operate"
CONFIG = "deploy operate"


class Row(NamedTuple):
    method: str
    path: str
    allowed_to: str
    scope: str
    body: object = None


ANYONE = "anyone"
MATRIX = [
    Row("GET", "account", ANYONE, "identity"),
    Row("GET", "account/rate-limits", ANYONE, "identity"),
    Row("GET", "account/features", ANYONE, "identity"),
    Row("GET", "account/keys", ANYONE, "identity"),
    Row("GET", "teams", ANYONE, "identity"),
    Row("GET", "users/~", ANYONE, "identity"),
    Row("DELETE", "oauth/sessions/~", ANYONE, "identity"),
    Row("GET", "oauth/sessions", ANYONE, "global"),
    Row("GET", "oauth/authorizations", ANYONE, "global"),
    Row("POST", "oauth/authorizations", ANYONE, "global", {}),
    Row("GET", "oauth/authorizations/~", ANYONE, "global"),
    Row("PATCH", "oauth/authorizations/~", ANYONE, "global", {"description": "x"}),
    Row("DELETE", "oauth/authorizations/~", ANYONE, "global"),
    Row("POST", "oauth/authorizations/~/actions/regenerate-tokens", ANYONE, "global"),
    Row("GET", "apps", ANYONE, "read"),
    Row("POST", "apps", ANYONE, "write", {}),
    Row("GET", "users/~/apps", ANYONE, "read"),
    Row("POST", "filters/apps", ANYONE, "read", {}),
    Row("GET", "addons", ANYONE, "read"),
    Row("GET", "addon-attachments", ANYONE, "read"),
    Row("GET", "apps/shop", LOOK, "read"),
    Row("PATCH", "apps/shop", "manage", "write", {"name": "store"}),
    Row("PATCH", "apps/shop", "operate", "write", {"maintenance": True}),
    Row("DELETE", "apps/shop", "manage", "write"),
    Row("GET", "apps/shop/collaborators", LOOK, "read"),
    Row(
        "POST", "apps/shop/collaborators", "manage", "write", {"user": "g@example.com"}
    ),
    Row("GET", "apps/shop/collaborators/m@example.com", LOOK, "read"),
    Row(
        "PATCH",
        "apps/shop/collaborators/m@example.com",
        "manage",
        "write",
        {"permissions": ["view"]},
    ),
    Row("DELETE", "apps/shop/collaborators/m@example.com", "manage", "write"),
    Row("GET", "apps/shop/addons", LOOK, "read"),
    Row("POST", "apps/shop/addons", CONFIG, "write-protected", {"plan": "redis:mini"}),
    Row("GET", "apps/shop/addons/db", LOOK, "read"),
    Row("PATCH", "apps/shop/addons/db", CONFIG, "write", {}),
    Row("DELETE", "apps/shop/addons/db", CONFIG, "write-protected"),
    Row("GET", "addons/db", LOOK, "read"),
    Row("GET", "apps/shop/addon-attachments", LOOK, "read"),
    Row("GET", "apps/shop/config-vars", CONFIG, "read-protected"),
    Row("PATCH", "apps/shop/config-vars", CONFIG, "write-protected", {"A": "1"}),
    Row("GET", "apps/shop/releases/2/config-vars", CONFIG, "read-protected"),
    Row("GET", "apps/shop/kept-keys", LOOK, "read-protected"),
    Row("PUT", "apps/shop/kept-keys/A", CONFIG, "write-protected"),
    Row("DELETE", "apps/shop/kept-keys/KEPT", CONFIG, "write-protected"),
    Row("GET", "apps/shop/releases", LOOK, "read-protected"),
    Row("POST", "apps/shop/releases", BACK, "write-protected", {"release": "3"}),
    Row("POST", "apps/shop/releases", "deploy", "write-protected", {"slug": "SLUG"}),
    Row("GET", "apps/shop/releases/2", LOOK, "read-protected"),
    Row("GET", "apps/shop/releases/2/plan", LOOK, "read-protected"),
    Row("POST", "apps/shop/releases/2/marks", BACK, "write-protected", {"kind": "pin"}),
    Row("DELETE", "apps/shop/releases/3/marks/pin", BACK, "write-protected"),
    Row("GET", "apps/shop/compare/2...3", LOOK, "read-protected"),
    Row("GET", "apps/shop/at?time=2999-01-01", LOOK, "read-protected"),
    Row("GET", "apps/shop/activity", LOOK, "read-protected"),
    Row("GET", "apps/shop/ledger-head", LOOK, "read-protected"),
    Row("PUT", "apps/shop/hold", BACK, "write-protected", {"reason": "x"}),
    Row("DELETE", "apps/shop/hold", BACK, "write-protected"),
    Row("POST", "apps/shop/slugs", "deploy", "write", {"process_types": {}}),
    Row("GET", "apps/shop/slugs/SLUG", LOOK, "read"),
    Row("POST", "apps/shop/log-sessions", LOOK, "read-protected", {}),
    Row("GET", "apps/shop/formation", LOOK, "read"),
    Row("PATCH", "apps/shop/formation", "operate", "write", {"updates": []}),
    Row("GET", "apps/shop/formation/web", LOOK, "read"),
    Row("PATCH", "apps/shop/formation/web", "operate", "write", {"quantity": "+1"}),
    Row("GET", "apps/shop/dynos", LOOK, "read"),
    Row("POST", "apps/shop/dynos", "operate", "write", {"command": "ls"}),
    Row("DELETE", "apps/shop/dynos", "operate", "write"),
    Row("GET", "apps/shop/dynos/web.1", LOOK, "read"),
    Row("DELETE", "apps/shop/dynos/web.1", "operate", "write"),
    Row("POST", "apps/shop/dynos/web.1/actions/stop", "operate", "write"),
    Row("DELETE", "apps/shop/formations/web", "operate", "write"),
    Row("POST", "apps/shop/formations/web/actions/stop", "operate", "write"),
    Row("GET", "apps/shop/domains", LOOK, "read"),
    Row("GET", "apps/shop/sni-endpoints", LOOK, "read"),
    Row("GET", "apps/shop/features", LOOK, "read"),
    Row("GET", "apps/shop/log-drains", LOOK, "read"),
    Row("GET", "apps/shop/buildpack-installations", LOOK, "read"),
]
# Which scopes reach what: a wider one holds the narrower, and writing holds reading.
REACHES = {
    "global": {
        "global",
        "identity",
        "read",
        "write",
        "read-protected",
        "write-protected",
    },
    "read": {"identity", "read"},
    "write": {"identity", "read", "write"},
    "read-protected": {"identity", "read", "read-protected"},
    "write-protected": {
        "identity",
        "read",
        "write",
        "read-protected",
        "write-protected",
    },
    "identity": {"identity"},
}
