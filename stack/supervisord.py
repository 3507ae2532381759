"""The supervisor's server with one mend: ``python -m stack.supervisord -c FILE``.

A connection that has been closed stays among what the server polls until the next poll, and a
program that is started before then may get its number for the pipe to the program's standard input.
When the program closes that, each poll tells at once of an error and nothing else, which the server
overlooks: it takes a whole processor from then on.
"""

from supervisor import poller
from supervisor.supervisord import main


class MendedPoller(poller.PollPoller):  # type: ignore[misc]  # the supervisor is untyped
    """Polls no more what has nothing but an error; what is wanted is registered for each poll."""

    def _ignore_invalid(self, fd: int, events: int) -> bool:
        if events & (self.READ | self.WRITE):
            return False
        self._poller.unregister(fd)
        self.readables.discard(fd)
        self.writables.discard(fd)
        return True


if __name__ == "__main__":
    poller.Poller = MendedPoller
    main()
