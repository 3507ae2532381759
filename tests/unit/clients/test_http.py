"""What an answer of an API means: go on, try again, or mend something first."""

import httpx
import orjson
import pytest

from dataflow360.clients.http import Api, meaning
from dataflow360.errors import FatalError, RetriableError, SkippableError

API = Api("OpenWeather", "dataflow360_openweather", "appid", "OPENWEATHER_API_KEY")
JSON = {"Content-Type": "application/json"}


def answer(status: int, body: object, **headers: str):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return meaning(API, status, httpx.Headers({**JSON, **headers}), content)


def test_a_good_answer_means_nothing_special():
    assert answer(200, {"cod": 200}) is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"cod": "400", "message": "Nothing to geocode"}, FatalError,
         ["does not understand the call (400: Nothing to geocode)"]),
        (401, {"cod": 401, "message": "Invalid API key. Please see the FAQ."}, FatalError,
         ["refuses the key (401: Invalid API key. Please see the FAQ)", "OPENWEATHER_API_KEY"]),
        (403, {"error": {"code": "function_access_restricted", "message": "Not in your plan."}},
         FatalError, ["forbids this call (403: Not in your plan)"]),
        (404, {"cod": "404", "message": "city not found"}, FatalError, ["404: city not found"]),
        (429, {"cod": 429, "message": "blocked"}, RetriableError, ["too many calls", "429"]),
        (500, {}, RetriableError, ["has a fault of its own (500)"]),
        (503, b"<html>down</html>", RetriableError, ["has a fault of its own (503)"]),
        (200, b"<html>maintenance</html>", RetriableError, ["something other than JSON"]),
        (200, b'{"cut": ', RetriableError, ["something other than JSON"]),
    ],
)  # fmt: skip
def test_what_a_fault_means(status, body, kind, words):
    fault = answer(status, body)
    assert type(fault) is kind
    assert all(word in str(fault) for word in words)
    assert str(fault).startswith("OpenWeather ")
    assert str(fault).endswith(".")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), (None, None)],
)
def test_a_server_that_asks_for_a_pause_is_heard(header, seconds):
    fault = answer(429, {}, **({"Retry-After": header} if header else {}))
    assert isinstance(fault, RetriableError)
    assert fault.retry_after == seconds
    assert ("asks for" in str(fault)) is (seconds is not None)


def test_a_long_message_is_cut_and_kept_on_one_line():
    fault = answer(500, {"message": "many\nlines " * 100})
    assert "\n" not in str(fault)
    assert len(str(fault)) < 400


def test_an_api_may_judge_its_own_answers():
    spent = SkippableError("The month is used up.")
    api = Api("X", "x", judge=lambda status, body: spent if body == {"spent": True} else None)
    assert meaning(api, 200, httpx.Headers(), b'{"spent":true}') is spent
    assert meaning(api, 200, httpx.Headers(), b'{"spent":false}') is None
