"""What the CLI asks for beside, and there is none of here: the truth, in shape."""

from releases.api.call import Answer, Call
from releases.api.routes import Need, Route

OF_AN_APP = (
    "domains",
    "sni-endpoints",
    "features",
    "log-drains",
    "buildpack-installations",
)
OF_AN_ACCOUNT = ("account/features", "account/keys", "teams")


def none_of_app(call: Call, app: str) -> Answer:
    call.app(app)
    return Answer([])


def none_of_account(_call: Call) -> Answer:
    return Answer([])


ROUTES = [
    *(Route("GET", f"apps/<app>/{what}", none_of_app, Need.READ) for what in OF_AN_APP),
    *(Route("GET", what, none_of_account, Need.IDENTITY) for what in OF_AN_ACCOUNT),
]
