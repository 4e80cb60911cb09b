"""Searching the list of apps, as one types and without scripts."""

from playwright.sync_api import expect

from releases.operations.create_app import create_app
from tests.browser.visiting import Visit
from tests.factories import acting, make_user


def test_a_search_follows_what_is_typed_and_works_without_scripts(
    visit: Visit,
) -> None:
    owner = make_user()
    for name in ("searched-shop", "searched-blog"):
        create_app(name=name, actor=acting(owner))
    page, plain = visit(owner), visit(owner, javascript=False)
    shop = page.get_by_role("link", name="searched-shop")
    blog = page.get_by_role("link", name="searched-blog")
    page.goto("/")
    expect(shop).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("BLOG")

    expect(shop).to_have_count(0)
    expect(blog).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 app")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.url.endswith("/?q=BLOG")

    plain.goto("/")
    plain.get_by_role("searchbox").fill("blog")
    plain.get_by_role("button", name="Search").click()
    expect(plain.get_by_role("link", name="searched-blog")).to_be_visible()
    expect(plain.get_by_role("link", name="searched-shop")).to_have_count(0)
