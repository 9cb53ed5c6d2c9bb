"""A person in a real browser: by mouse, by keyboard alone, or with scripts turned off; what the browser complains of is kept."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
NO_CHROMIUM = "no Chromium is here: apt-get install chromium, then run the tests again"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
FOCUS_SHOWS = """() => [document.activeElement, ...document.activeElement.querySelectorAll('*')].some(one => {
  const look = getComputedStyle(one)
  return look.outlineStyle !== 'none' || look.boxShadow !== 'none' || (one.ownerSVGElement && look.fill === 'rgb(255, 221, 0)')
})"""
MOST_STOPS = 160
"""More presses of Tab than any page has stops."""


def launch(driver):
    """Debian's Chromium."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class Walker:
    """One person's window on the site."""

    def __init__(self, browser, site, *, how="mouse", width=1280):
        self.site, self.how = site, how
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=how != "no scripts", accept_downloads=True
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.looked_at: set[str] = set()
        self.page.on("console", lambda message: self.said.append(message.text) if message.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, path):
        """Type an address."""
        self.page.goto(self.site + path)
        self.look()

    def sign_in(self, name, password):
        """Sign in by the form."""
        self.open("/sign-in")
        self.fill("Sign-in name", name)
        self.fill("Password", password)
        self.press("Sign in")

    def go(self, name):
        """Go on by the navigation; on a narrow screen it is in the menu."""
        self._open_menu()
        self.use(self.page.get_by_role("navigation", name="Menu").get_by_role("link", name=name, exact=True))

    def _open_menu(self):
        menu = self.page.get_by_role("button", name="Menu", exact=True)
        if not menu.is_visible():
            return
        if self.how == "keyboard":
            self.tab_to(menu)
            self.page.keyboard.press("Enter")
        else:
            menu.click()

    def follow(self, name, *, role="link", exact=False):
        """Follow a link or press a button by its words, the first of several."""
        self.use(self.page.get_by_role(role, name=name, exact=exact).first)

    def press(self, name):
        """Press a button."""
        self.follow(name, role="button", exact=True)

    def use(self, found):
        """Click, or Tab there and press Enter; then look at the page it leads to."""
        if self.how == "keyboard":
            self.tab_to(found)
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        else:
            found.click()
        self.page.wait_for_load_state()
        self.look()

    def sign_out(self):
        """Sign out; on a narrow screen the way there is in the menu."""
        self._open_menu()
        self.press("Sign out")

    def unfold(self, words):
        """Open what stands folded under some words."""
        summary = self.page.locator("summary").filter(has_text=words).first
        if self.how == "keyboard":
            self.tab_to(summary)
            self.page.keyboard.press("Enter")
        else:
            summary.click()

    def tick(self, box):
        """Tick a box."""
        if box.is_checked():
            return
        if self.how == "keyboard":
            self.tab_to(box)
            self.page.keyboard.press("Space")
        else:
            box.check()
        assert box.is_checked()

    def take(self, link, *, exact=True):
        """Download what a link gives."""
        found = self.page.get_by_role("link", name=link, exact=exact).first
        with self.page.expect_download() as waiting:
            if self.how == "keyboard":
                self.tab_to(found)
                self.page.keyboard.press("Enter")
            else:
                found.click()
        return waiting.value.path().read_bytes()

    def fill(self, label, text):
        """Type into a field."""
        field = self.page.get_by_label(label, exact=True).first
        if self.how == "keyboard":
            self.tab_to(field)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def pick(self, label):
        """Pick a radio button by its words."""
        radio = self.page.get_by_label(label, exact=True)
        if self.how == "keyboard":
            group = radio.get_attribute("name")
            first, picked = (self.page.locator(f'input[name="{group}"]{state}').first for state in ("", ":checked"))
            self.tab_to(picked if picked.count() else first)  # Tab goes to the one that is picked
            self.page.keyboard.press("Space")
            while not radio.is_checked():
                self.page.keyboard.press("ArrowDown")
        else:
            radio.check()

    def choose(self, label, text):
        """Choose from a list the first that holds some words."""
        listed = self.page.get_by_label(label)
        index = next(i for i, one in enumerate(listed.locator("option").all_inner_texts()) if text in one)
        if self.how == "keyboard":
            self.tab_to(listed)
            self.page.keyboard.press("Home")
            for _ in range(index):
                self.page.keyboard.press("ArrowDown")
            assert listed.evaluate("one => one.selectedIndex") == index
        else:
            listed.select_option(index=index)

    def give_file(self, label, name, content):
        """Give a file to a field."""
        self.page.get_by_label(label).set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def tab_to(self, wanted):
        """Press Tab until the focus is there, and see that it shows."""
        wanted.wait_for(state="attached")
        handle = wanted.element_handle()
        for _ in range(MOST_STOPS):
            if self.page.evaluate("one => one === document.activeElement", handle):
                assert self.page.evaluate(FOCUS_SHOWS), f"the focus does not show on {wanted}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {wanted}")

    @property
    def heading(self):
        """The page's first heading."""
        return self.page.locator("h1").inner_text()

    @property
    def words(self):
        """All that the page's main part says."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text().replace("\u2060", ""))

    def look(self):
        """The policy is kept, there is one heading; with scripts, nothing runs over and axe finds nothing, once for each kind of page."""
        assert self.page.locator("h1").count() == 1, self.page.url
        assert not [text for text in self.said if "Content Security Policy" in text], (self.page.url, self.said)
        path = re.sub(r"/\d+|/invitations/.*", "/*", self.page.url.removeprefix(self.site).partition("?")[0])
        state = "\n".join([path, self.page.title(), *self.page.locator("h2").all_inner_texts()])  # an answer that came has headings
        if state in self.looked_at:
            return
        self.looked_at.add(state)
        if self.how != "no scripts":
            check(self.page)

    def close(self):
        """Close the window."""
        self.context.close()


def check(page):
    """axe finds nothing and nothing runs over the side, also with everything opened."""
    opened = page.evaluate("() => [...document.querySelectorAll('details:not([open])')].map(one => { one.open = true; return one }).length")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{page.url} runs over"
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    faults = [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found["violations"]]
    assert not faults, f"{page.url}: {faults}"
    if opened:
        page.evaluate("document.querySelectorAll('details[open]').forEach(one => { one.open = false })")
