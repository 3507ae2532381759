"""What a function's process prints, kept until it is asked for."""

import os
import selectors
import threading

_BLOCK = 65_536


class Output:
    """The reading end of a process's output; a thread keeps the pipe from filling up."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._parts: list[bytes] = []
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> str:
        """Everything that has been printed and not yet been taken."""
        with self._lock:
            self._drain()
            text = b"".join(self._parts).decode(errors="replace")
            self._parts.clear()
        return text

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not self._ended:
                selector.select()
                with self._lock:
                    self._drain()
        os.close(self._descriptor)

    def _drain(self) -> None:
        while not self._ended:
            try:
                block = os.read(self._descriptor, _BLOCK)
            except BlockingIOError:
                return
            self._ended = not block
            self._parts.append(block)
