"""Somebody who looks at the page with a real Chromium."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from dataflow360.settings import settings

PAGE = "/dataflow360/"
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--window-size=1360,900", "--lang=en-US",
)  # fmt: skip
_SCRIPT_SECONDS = 120
_LOADED = """
    const panels = [...document.querySelectorAll(".panel")];
    return document.querySelector("main > .problem") !== null
        || (panels.length > 0 && panels.every((panel) => !panel.hasAttribute("aria-busy")));
"""


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser with no history, which writes down its requests."""
    options = ChromeOptions()
    options.binary_location = str(settings().chromium)
    for flag in _FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(str(settings().chromedriver)))
    driver.set_script_timeout(_SCRIPT_SECONDS)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass
class Reader:
    """A reader at one Airflow."""

    driver: Chrome
    url: str
    sessions: ClassVar[dict[str, Any]] = {}

    def log_in(self, name: str, password: str) -> None:
        """Log in by Airflow's own form, which the page's address leads to; later, be logged in."""
        self.log_out()
        if name in self.sessions:
            self.driver.add_cookie(self.sessions[name])
            return
        self.driver.get(f"{self.url}{PAGE}")
        self.wait(lambda: "/auth/login" in self.driver.current_url)
        fields = self.wait(lambda: self.all("input[name=username]"))
        fields[0].send_keys(name)
        self.one("input[name=password]").send_keys(password)
        self.one("button[type=submit]").click()
        self.wait(lambda: "/auth/login" not in self.driver.current_url)
        self.sessions[name] = self.driver.get_cookie("_token")

    def log_out(self) -> None:
        """Forget the session and whatever was chosen."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get(f"{self.url}/static/pin_32.png")
        self.driver.execute_script("localStorage.clear()")

    def open(self, view: str = "#/overview") -> None:
        """Open the page itself, without the UI around it, and wait for all of its parts."""
        self.driver.get("about:blank")  # or a change of the view alone would load nothing
        self.driver.get(f"{self.url}{PAGE}{view}")
        self.loaded()

    def loaded(self) -> None:
        """Wait until every part has come or failed."""
        self.wait(lambda: self.driver.execute_script(_LOADED))

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str = "main") -> str:
        return self.one(selector).text

    def click(self, selector: str) -> None:
        element = self.wait(lambda: next(iter(self.all(selector)), None))
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def wait[T](self, question: Callable[[], T], seconds: float = 60) -> T:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # What is asked for may not be there yet, or be replaced just now.
            with suppress(NoSuchElementException, StaleElementReferenceException):
                if answer := question():
                    return answer
            time.sleep(0.05)
        raise AssertionError(f"still not so: {self.text('body')!r}, {self.complaints()}")

    def prefer(self, **settings: str) -> None:
        """Choose in another tab, as Airflow's UI keeps it: the page hears of it at once."""
        self.driver.execute_script(
            """
            const frame = document.createElement("iframe");
            frame.src = "/static/pin_32.png";
            document.body.append(frame);
            return new Promise((done) => frame.addEventListener("load", () => {
                for (const [key, value] of Object.entries(arguments[0])) {
                    frame.contentWindow.localStorage.setItem(key, value);
                }
                frame.remove();
                done();
            }));
            """,
            settings,
        )

    def size(self, width: int, height: int = 900) -> None:
        """Have a screen of that many pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def picture(self, file: Path, height: int) -> None:
        """Take a picture of the top of what is on the screen."""
        box = {"x": 0, "y": 0, "width": self.driver.execute_script("return innerWidth")}
        clip = {**box, "height": height, "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the browser has complained of since it was last asked: errors, refused content."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def traffic(self) -> tuple[set[str], int]:
        """Hosts that were asked since this was last asked, and bytes that came."""
        events = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        asked = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        came = [
            event["params"]["encodedDataLength"]
            for event in events
            if event["method"] == "Network.loadingFinished"
        ]
        hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
        return hosts, int(sum(came))

    def violations(self, axe: str) -> list[Any]:
        """Serious and critical violations that axe-core finds."""
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done)"
        )
        return [
            (violation["id"], [node["html"] for node in violation["nodes"]])
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
