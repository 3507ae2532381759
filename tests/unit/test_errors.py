"""One tree of errors, each with one meaning."""

import pytest

from dataflow360.errors import DataFlowError, FatalError, RetriableError, SkippableError

KINDS = (FatalError, RetriableError, SkippableError)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_the_projects(kind):
    assert issubclass(kind, DataFlowError)


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_means_two_things(kind):
    assert [other for other in KINDS if issubclass(kind, other)] == [kind]
