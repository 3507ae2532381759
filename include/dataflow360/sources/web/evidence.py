"""What a page looked like when it could not be read: a screenshot and its HTML."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import count
from pathlib import PurePath

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from dataflow360.pipeline.zone import create, landing_zone

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place beside the batches of an interval, in the landing zone.

    Attributes:
        dag_id: The DAG.
        interval_key: Name of the data interval.
    """

    dag_id: str
    interval_key: str

    @property
    def folder(self) -> PurePath:
        """Where it is kept, relative to the landing zone."""
        return PurePath(self.dag_id) / "evidence" / self.interval_key

    def keep(self, driver: WebDriver, part: str) -> str:
        """Keep what the browser shows now.

        Args:
            driver: The browser, which may be unable to say.
            part: What the page is of; an IATA code.

        Returns:
            A clause that names the files, relative to the landing zone, or says why there are none.
        """
        kept = []
        try:
            page = self._keep_page(part, driver.page_source)
            kept.append(page)
            if driver.execute_script("return document.readyState") != "loading":
                # Of a page that is still loading, or was broken off, it would wait for the end.
                image = page.with_suffix(".png")
                create(landing_zone() / image, driver.get_screenshot_as_png())
                kept.append(image)
        except WebDriverException as error:
            log.warning("The browser could not show all of the page: %s", error.msg)
        names = " and ".join(map(str, kept))
        return f"see {names} in the landing zone" if names else "the browser could not show it"

    def _keep_page(self, part: str, html: str) -> PurePath:
        """Keep the HTML under a number that no other try has."""
        numbered = (self.folder / f"{part}-{attempt}.html" for attempt in count(1))
        return next(path for path in numbered if create(landing_zone() / path, html.encode()))
