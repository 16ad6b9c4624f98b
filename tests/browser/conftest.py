"""Chromium against a running TARS. Everything here shares one product: the stories use people and amendments of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.product import Product, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARTEFACTS = Path(__file__).resolve().parents[2] / "test-artefacts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sessions(product: Product, chromium) -> Callable[[str], object]:  # type: ignore[no-untyped-def]
    """The signed-in state of a person, made once by signing in through the form."""
    states: dict[str, object] = {}

    def state_of(email: str) -> object:
        if email not in states:
            context = chromium.new_context(base_url=product.url)
            page = context.new_page()
            page.goto("/accounts/login/")
            page.get_by_label("E-mail").or_(page.get_by_label("Email")).first.fill(email)
            page.locator("input[type=password]").fill(product.logins[email])
            page.get_by_role("button", name="Sign in", exact=True).click()
            # Staff land on the platform's pages, everybody else on the overview.
            page.wait_for_url(lambda url: "/accounts/login/" not in url)
            states[email] = context.storage_state()
            context.close()
        return states[email]

    return state_of


@pytest.fixture
def open_page(product: Product, chromium, sessions) -> Iterator[Callable[..., object]]:  # type: ignore[no-untyped-def]
    """A page as a person, in a form (`light`, `dark`, `phone`); fails the test on any policy violation or script error."""
    contexts, faults = [], []

    def opened(email: str, *, form: str = "light", scripts: bool = True):  # type: ignore[no-untyped-def]
        size = {"width": 390, "height": 844} if form == "phone" else {"width": 1360, "height": 900}
        context = chromium.new_context(
            base_url=product.url,
            viewport=size,
            color_scheme="dark" if form == "dark" else "light",
            storage_state=sessions(email) if email else None,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def artefacts() -> Path:
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS
