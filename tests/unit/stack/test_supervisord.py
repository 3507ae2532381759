"""The supervisor's server does not turn in a circle."""

import os

import pytest

from stack.supervisord import MendedPoller


@pytest.fixture
def pipe():
    """The two ends of a pipe; the test may close the first."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(writer)


def test_an_end_that_nobody_reads_is_not_polled_again(pipe):
    reader, writer = pipe
    poller = MendedPoller(None)
    poller.register_readable(writer)
    os.close(reader)
    assert poller.poll(0) == ([], [])
    assert poller._poller.poll(0) == []


def test_what_can_be_read_or_written_is_told(pipe):
    reader, writer = pipe
    poller = MendedPoller(None)
    poller.register_readable(reader)
    poller.register_writable(writer)
    os.write(writer, b"words")
    assert poller.poll(0) == ([reader], [writer])
    os.close(reader)
