"""What a page looked like when it could not be read: a screenshot and its HTML."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from dataflow360.settings import settings

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
    def folder(self) -> Path:
        """Where it is kept, relative to the landing zone."""
        return Path(self.dag_id) / "evidence" / self.interval_key

    def keep(self, driver: WebDriver, part: str) -> str:
        """Keep what the browser shows now.

        Args:
            driver: The browser, which may be unable to say.
            part: What the page is of; an IATA code.

        Returns:
            A clause that names the files, relative to the landing zone, or says why there are none.
        """
        zone = settings().landing
        folder = zone / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        page = _next_free(folder, part)
        kept = []
        try:
            page.write_text(driver.page_source, encoding="utf-8")
            kept.append(page)
            if driver.execute_script("return document.readyState") != "loading":
                # Of a page that is still loading, or was broken off, it would wait for the end.
                image = page.with_suffix(".png")
                image.write_bytes(driver.get_screenshot_as_png())
                kept.append(image)
        except WebDriverException as error:
            log.warning("The browser could not show all of the page: %s", error.msg)
        names = " and ".join(str(path.relative_to(zone)) for path in kept)
        return f"see {names} in the landing zone" if names else "the browser could not show it"


def _next_free(folder: Path, part: str) -> Path:
    """A file made for this try; another try has another number."""
    for attempt in count(1):
        path = folder / f"{part}-{attempt}.html"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError("there is always another number")
