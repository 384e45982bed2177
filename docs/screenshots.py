"""Takes the README's screenshots from the running demo: `.venv/bin/python -m docs.screenshots`.

Start `make demo` first; PORT as there.
"""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

BASE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
PASSWORD = "tsumugi-no-michi"  # as make demo prints it
IMAGES = Path(__file__).parent / "images"
TOWN = "/m/990019"
# file, who looks, which page
SHOTS = (
    ("town", "tanto-99001", f"{TOWN}/"),
    ("capture", "tanto-99001", f"{TOWN}/interviews/1/capture/"),
    ("board", "tanto-99001", f"{TOWN}/words/"),
)


def sign_in(page: Page, login_id: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{BASE}/signin/")
    page.get_by_role("textbox", name="ID").fill(login_id)
    page.get_by_role("textbox", name="パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="ja-JP")
        for name, login_id, path in SHOTS:
            sign_in(page, login_id)
            page.goto(BASE + path)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
