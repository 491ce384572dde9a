"""What stands outside our own templates works under the content policy: the administration and the API's pages."""

from __future__ import annotations

from django.urls import reverse

from tests.browser.windows import Windows, making
from tests.factories import World

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "one", "version": "1"},
    "paths": {"/one/": {"get": {"tags": ["one"], "responses": {"200": {"description": "x"}}}}},
}


def test_the_administration_works(world: World, windows: Windows) -> None:
    with making():
        office = world.office
        office.user.is_staff = office.user.is_superuser = True
        office.user.save(update_fields=["is_staff", "is_superuser"])
        _ = world.clinic
    page = windows.window(office)
    page.goto(reverse("admin:facilities_facility_changelist"))
    page.locator("#result_list tbody a").first.click()
    page.locator("#id_name").wait_for()
    page.locator("#toggle-nav-sidebar").click()


def test_the_pages_of_the_api_documents_work(world: World, windows: Windows) -> None:
    page = windows.window()
    # The true document takes seconds to write; the contract tests read it.
    page.route("**/api/schema/**", lambda route: route.fulfill(json=DOCUMENT))
    page.goto(reverse("docs"))
    page.locator(".opblock-tag").first.wait_for()
    page.locator(".opblock-summary").first.click()
    page.locator(".opblock-body").first.wait_for()
