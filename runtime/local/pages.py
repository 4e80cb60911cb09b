"""What visitors of an app see when the app itself cannot answer."""

import json
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Page:
    """A page of the router, for people and for programs."""

    name: str
    status: int
    title: str
    text: str

    def html(self) -> str:
        return LAYOUT.format(
            status=self.status, title=escape(self.title), text=escape(self.text)
        )

    def json(self) -> str:
        """Return the page in the words of the Platform API's errors."""
        message = f"{self.title}. {self.text}"
        return json.dumps({"id": self.name, "message": message}) + "\n"


PAGES = {
    page.name: page
    for page in (
        Page(
            "unknown",
            404,
            "There is no app at this address",
            "The address may have a typing error, or the app was renamed or destroyed.",
        ),
        Page(
            "failed",
            502,
            "This app did not answer",
            "It refused the request, or broke off. Please try again in a moment.",
        ),
        Page(
            "late",
            504,
            "This app took too long to answer",
            "The request was given up. What it asked for may still have happened.",
        ),
    )
}


CLOSED = 503
MAINTENANCE = Page(
    "maintenance",
    CLOSED,
    "This app is down for maintenance",
    "The people who run it have closed it for a while. Please come back later.",
)


def down_page(explanation: str) -> Page:
    return Page("down", CLOSED, "This app is not running", explanation)


LAYOUT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{
  color-scheme: light dark;
  --paper: #fafaf8; --ink: #16181b; --ink-2: #43484f; --rule: #deded8; --accent: #1d4fae;
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --paper: #131518; --ink: #e9e8e4; --ink-2: #b9bbbe; --rule: #2b2f34; --accent: #9dbcff;
  }}
}}
* {{ box-sizing: border-box; margin: 0; }}
body {{
  min-block-size: 100vh; display: grid; grid-template-rows: 1fr auto;
  background: var(--paper); color: var(--ink);
  font: 400 .9375rem/1.6 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans",
    Ubuntu, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}}
main, footer {{ inline-size: 100%; max-inline-size: 47rem; margin-inline: auto;
  padding-inline: clamp(1rem, 4vw, 2.5rem); }}
main {{ padding-block: clamp(2rem, 12vh, 7rem) 2rem; }}
section {{ display: grid; gap: .75rem; padding-block-start: 1rem;
  border-block-start: 1px solid var(--ink); }}
.status {{ font: 600 .8125rem/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; color: var(--ink-2); }}
h1 {{ font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; }}
.text {{ color: var(--ink-2); max-inline-size: 68ch; overflow-wrap: anywhere; }}
footer p {{ display: flex; gap: .5rem; align-items: center; padding-block: .75rem;
  border-block-start: 1px solid var(--rule); font-size: .8125rem; color: var(--ink-2); }}
svg {{ inline-size: 1.125rem; block-size: 1.125rem; fill: none; stroke: currentColor;
  stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }}
.pencil {{ stroke: var(--accent); }}
</style>
</head>
<body>
<main>
<section>
<p class="status">{status}</p>
<h1>{title}</h1>
<p class="text">{text}</p>
</section>
</main>
<footer><p><svg viewBox="0 0 22 22" aria-hidden="true"><path \
d="M10.5 4.5h9M13 11h6.5M10.5 17.5h9"/><path class="pencil" \
d="M7.5 4.5H5.25a2.5 2.5 0 0 0-2.5 2.5v8a2.5 2.5 0 0 0 2.5 2.5H7M5 15.2l2.3 2.3L5 19.8"/>\
</svg>Served by Rollbook</p></footer>
</body>
</html>
"""
