"""The page's own files: what holds of them without a browser."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "plugins" / "dataflow360_page" / "static"
VENDOR = STATIC / "vendor"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
LARGEST_PAGE = 600_000

#: Texts whose key is put together while the page runs, as in t(`state.${state}`).
_MADE_UP = re.compile(r"\bt\(`([^`$]*)\$\{")
_GIVEN = re.compile(r"\bt\(\s*\"([^\"]+)\"")
_COUNTED = re.compile(r"\btn\(\s*\"([^\"]+)\"")


@pytest.fixture(scope="module")
def texts() -> dict[str, dict[str, str]]:
    return json.loads((STATIC / "texts.json").read_text())


@pytest.fixture(scope="module")
def source() -> str:
    return "\n".join(script.read_text() for script in SCRIPTS)


def test_every_text_is_there_in_english_and_in_french(texts: dict[str, dict[str, str]]) -> None:
    assert set(texts) == {"en", "fr"}
    assert set(texts["en"]) == set(texts["fr"])
    assert all(text.strip() for language in texts.values() for text in language.values())


def test_both_languages_fill_in_the_same_values(texts: dict[str, dict[str, str]]) -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    differing = [
        key for key, text in texts["en"].items() if values(text) != values(texts["fr"][key])
    ]
    assert differing == []


def test_every_text_that_is_asked_for_exists(texts: dict[str, dict[str, str]], source: str) -> None:
    asked = set(_GIVEN.findall(source))
    counted = {f"{key}.{form}" for key in _COUNTED.findall(source) for form in ("one", "other")}
    assert asked
    assert (asked | counted) - set(texts["en"]) == set()


def test_no_text_is_left_over(texts: dict[str, dict[str, str]], source: str) -> None:
    used = set(_GIVEN.findall(source))
    used |= {f"{key}.{form}" for key in _COUNTED.findall(source) for form in ("one", "other")}
    prefixes = (*_MADE_UP.findall(source), "decide.replayTitle", "decide.dismissTitle")
    assert [key for key in texts["en"] if key not in used and not key.startswith(prefixes)] == []


@pytest.mark.parametrize(
    "danger",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
     "DOMParser", "createContextualFragment", "srcdoc", '"style"'],
)  # fmt: skip
def test_no_text_can_become_markup_or_script(source: str, danger: str) -> None:
    assert danger not in source


def test_the_page_has_nothing_inline() -> None:
    page = (STATIC / "index.html").read_text()
    assert re.search(r"<script(?![^>]*\bsrc=)", page) is None
    assert re.search(r"<style|\bstyle=|\bon\w+=", page) is None


def test_every_module_is_fetched_at_once() -> None:
    page = (STATIC / "index.html").read_text()
    named = set(re.findall(r"(?:href|src)=\"static/(js/[^\"]+)\"", page))
    assert named == {f"js/{script.name}" for script in SCRIPTS}


@pytest.mark.parametrize(
    "file",
    [file for file in STATIC.rglob("*") if file.suffix in {".js", ".css", ".html", ".json"}],
    ids=lambda file: str(file.relative_to(STATIC)),
)
def test_no_other_host_is_named(file: Path) -> None:
    namespaces = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
                  "http://www.w3.org/1999/xhtml", "http://www.w3.org/XML/1998/namespace",
                  "http://www.w3.org/2000/xmlns/")  # fmt: skip
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"'`)]*", file.read_text())
    assert [address for address in found if address not in namespaces] == []


def test_what_comes_from_npm_is_what_its_script_has_made() -> None:
    """The browser tests make it anew; this tells at once when a file was changed by hand."""
    listed = dict(
        reversed(line.split(maxsplit=1))
        for line in (VENDOR / "SHA256SUMS").read_text().splitlines()
    )
    folders = {"npm": ROOT / "stack" / "npm" / "page", "": VENDOR}
    for name, digest in listed.items():
        folder, _, file = name.rpartition("/")
        content = (folders[folder] / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, (
            f"{name} has changed: run `python -m stack.page_assets`"
        )
    made = {file.name for file in VENDOR.iterdir()} - {"SHA256SUMS"}
    assert made == {name for name in listed if "/" not in name}


def test_all_files_together_are_light() -> None:
    sent = [file for file in STATIC.rglob("*") if file.is_file()]
    assert sum(len(gzip.compress(file.read_bytes(), 5)) for file in sent) < LARGEST_PAGE / 4
