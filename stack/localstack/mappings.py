"""A mend of LocalStack's event source mappings.

An update replaces the worker of a mapping. The old one may be amid a poll, and says that the
mapping is disabled when it ends, after the new one has said that it is enabled: the mapping would
look switched off while it reads.
"""

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState, EsmWorker


def silence_stopped_workers() -> None:
    """Let a worker that was told to stop say no more than that it is stopping.

    A mapping that is switched off gets a new worker as well, which says so at once.
    """
    say = EsmWorker.update_esm_state_in_store

    def say_unless_stopped(worker: EsmWorker, state: str) -> None:
        if state != EsmState.DISABLED or not worker._shutdown_event.is_set():
            say(worker, state)

    EsmWorker.update_esm_state_in_store = say_unless_stopped
