"""Page objects: how to open a script-driven page and to know that its data are there."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from dataflow360.errors import FatalError, RetriableError
from dataflow360.sources.web.browser import PAGE_LOAD_SECONDS
from dataflow360.sources.web.page_text import EMBEDDED_SELECTOR, PageText, embedded_list

#: Seconds that a page's scripts may take to show its data.
DATA_SECONDS = 10
#: Seconds that they may take beside a request for consent, which most sites show over the data.
CONSENT_SECONDS = 3
#: What the common consent managers, and home-made ones, put into a page.
CONSENT_SELECTOR = (
    '[id*="consent" i], [class*="consent" i], [id*="onetrust" i], [id^="sp_message"], #didomi-host'
)

_POLL_SECONDS = 0.1
_STATE_SCRIPT = "return document.readyState"
_STATUS_SCRIPT = "return performance.getEntriesByType('navigation')[0].responseStatus"


@dataclass(frozen=True, slots=True)
class ScriptedPage:
    """A page whose data are embedded as JSON, and shown by a script as a table.

    Attributes:
        name: What a person calls it.
        data_path: Where the list of its data lies in the embedded JSON.
        row_selector: What selects the rows of its table.
    """

    name: str
    data_path: tuple[str, ...]
    row_selector: str

    @property
    def places(self) -> str:
        """Where the data may be, in words."""
        return f"{'.'.join(self.data_path)} of {EMBEDDED_SELECTOR} or rows {self.row_selector}"

    def read(self, driver: WebDriver, url: str) -> PageText:
        """Open the page and wait for its data: the embedded ones, or else the table.

        Raises:
            RetriableError: The site is away, too slow or too busy.
            FatalError: The site refuses, asks for consent, or the page has another layout.
        """
        self._open(driver, url)
        try:
            WebDriverWait(driver, DATA_SECONDS, _POLL_SECONDS).until(self._settled)
            if self._settled(driver) == "consent":
                WebDriverWait(driver, CONSENT_SECONDS, _POLL_SECONDS).until(self._has_data)
        except TimeoutException as error:
            raise self._without_data(driver, url) from error
        return _text(driver)

    def _open(self, driver: WebDriver, url: str) -> None:
        try:
            driver.get(url)
        except TimeoutException as error:
            raise RetriableError(
                f"The {self.name} {url} did not load within {PAGE_LOAD_SECONDS} s; "
                "this task tries again."
            ) from error
        except WebDriverException as error:
            if "net::" not in (error.msg or ""):
                raise
            cause = (error.msg or "").splitlines()[0].partition("net::")[2]
            raise RetriableError(
                f"The {self.name} {url} could not be reached ({cause}); this task tries again."
            ) from error
        if driver.execute_script(_STATE_SCRIPT) != "complete":
            # The browser waits for the end of a page, unless there will be none.
            raise RetriableError(
                f"The {self.name} {url} was broken off half-way; this task tries again."
            )
        status = int(driver.execute_script(_STATUS_SCRIPT))
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RetriableError(
                f"The {self.name} {url} answers with status {status}; this task tries again."
            )
        if status >= HTTPStatus.BAD_REQUEST:
            raise FatalError(
                f"The {self.name} {url} answers with status {status}; look whether the address is "
                "still right and the visit allowed."
            )

    def _settled(self, driver: WebDriver) -> Literal["data", "consent", False]:
        if self._has_data(driver):
            return "data"
        return "consent" if driver.find_elements(By.CSS_SELECTOR, CONSENT_SELECTOR) else False

    def _has_data(self, driver: WebDriver) -> bool:
        if embedded_list(_embedded(driver), self.data_path) is not None:
            return True
        return bool(driver.find_elements(By.CSS_SELECTOR, self.row_selector))

    def _without_data(self, driver: WebDriver, url: str) -> FatalError:
        if driver.find_elements(By.CSS_SELECTOR, CONSENT_SELECTOR):
            return FatalError(
                f"The {self.name} {url} asks for consent instead of showing its data; the project "
                "gives none, so look at the site's terms before anything else"
            )
        return FatalError(
            f"The {self.name} {url} has no data in {self.places}: its layout has changed, so mend "
            "the page object"
        )


def _text(driver: WebDriver) -> PageText:
    return PageText(_embedded(driver), driver.page_source)


def _embedded(driver: WebDriver) -> str | None:
    found = driver.find_elements(By.CSS_SELECTOR, EMBEDDED_SELECTOR)
    return found[0].get_property("textContent") if found else None  # type: ignore[return-value]
