"""What a source is, and the vocabulary in which one is declared.

A source is declared once, in its module or in the ``__init__`` of its folder. What runs it,
replays its refused records, offers it in forms, simulates it or watches it reads that declaration.
DAG files and the command line import declarations, so that these import nothing heavy: what a
source does is named by ``lazily`` and imported when it is first called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from dataflow360.errors import FatalError
from dataflow360.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Asset

    from dataflow360.pipeline.chunk import Chunk, Missing
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.pipeline.run import Interval, Run


@dataclass(frozen=True, slots=True)
class Site:
    """A service outside that a source reads; the simulator stands in for it.

    Attributes:
        name: The end of its connection's id (``dataflow360_<name>``) and of its variable, the name
            that ``DATAFLOW360_LIVE_SITES`` knows it by, and its route in the simulator.
        host: Its real base address.
        key_setting: Variable of ``.env`` that holds its key. A site without keys is read for real
            only where ``DATAFLOW360_LIVE_SITES`` names it.
        further_hosts: Other base addresses of it, by their names in the connection's extra.
    """

    name: str
    host: str
    key_setting: str | None = None
    further_hosts: Mapping[str, str] = field(default_factory=dict)

    @property
    def connection_id(self) -> str:
        """Id of the Airflow connection that leads to it, or to the simulator."""
        return f"dataflow360_{self.name}"

    def address(self, further: str | None = None) -> str:
        """Base address by its connection; the real one where there is no such connection.

        Args:
            further: Name of one of the further hosts, if that is meant.
        """
        from airflow.sdk import BaseHook
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            connection = BaseHook.get_connection(self.connection_id)
        except AirflowNotFoundException:
            return self.further_hosts[further] if further else self.host
        host = connection.extra_dejson[further] if further else connection.host
        return str(host or "").rstrip("/")

    @property
    def domain(self) -> str:
        """The domain that its hosts are below, as in ``open-meteo.com``."""
        return ".".join(self.host.rpartition("/")[2].split(".")[-2:])


@dataclass(frozen=True, slots=True)
class Output:
    """What a source delivers.

    Attributes:
        record_type: Name of the rows' contract.
        store: Where they are kept, by the name that their contract has for it.
        topic: Topic or stream that they are sent to.
    """

    record_type: str
    store: str
    topic: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a batch says about how its records are to be read.

    Attributes:
        request: The params that shaped it, as canonical JSON.
        source_key: Its data interval or file.
    """

    request: str
    source_key: str

    @property
    def interval(self) -> Interval:
        """The batch's data interval.

        Raises:
            FatalError: It is not of an interval.
        """
        from dataflow360.pipeline.run import Interval

        interval = Interval.of_key(self.source_key)
        if interval is None:
            raise FatalError(
                f"The batch of {self.source_key} is not of a data interval; its records cannot be "
                "replayed."
            )
        return interval


type Fetch = Callable[[Any, Run], Iterable[Chunk | Missing | Sequence[bytes]]]
type Parse = Callable[[Sequence[bytes], Origin], Chunk]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Source:
    """A source, declared once.

    Attributes:
        dag_id: The DAG that lands it.
        request: Model of the DAG's params.
        outputs: What it delivers.
        sites: The services outside that it reads.
        title: What a person calls that which a run fetches.
        fetch: Calls the source for checked params and a run whose interval it is asked for. It
            yields records as they came, chunks of parsed rows, and ``Missing`` for each part that
            it cannot get. None for one that is not asked for data intervals.
        parse: Makes rows of records as they came; the n-th record has the position n. Replay calls
            it with what quarantine has kept. None where nothing is refused record by record.
    """

    dag_id: str
    request: type[Request] = Request
    outputs: tuple[Output, ...]
    sites: tuple[Site, ...] = ()
    title: Callable[[Run], str] = lambda run: f"{run.interval.start:%Y-%m-%d %H:%M}"
    fetch: Fetch | None = None
    parse: Parse | None = None

    @property
    def outlets(self) -> list[Asset]:
        """What the DAG updates: its stores and topics."""
        from airflow.sdk import Asset

        names = [name for output in self.outputs for name in (output.store, output.topic)]
        return [Asset(name) for name in names]

    def extraction(self, request: Request, run: Run) -> Extraction:
        """What there is to fetch for checked params and a run.

        Raises:
            FatalError: The source is not asked for data intervals.
        """
        from dataflow360.pipeline.extraction import Extraction
        from dataflow360.records import RECORD_TYPES

        if self.fetch is None:
            raise FatalError(f"{self.dag_id} is not asked for data intervals; run its DAG.")
        (output,) = self.outputs
        return Extraction(
            record=RECORD_TYPES[output.record_type],
            topic=output.topic,
            source_key=run.interval.key,
            source_name=self.title(run),
            request=request.content,
            fetch=lambda: self._chunks(request, run),
        )

    def _chunks(self, request: Request, run: Run) -> Iterator[Chunk | Missing]:
        """What is fetched as chunks, whose positions go on from one to the next."""
        from dataflow360.pipeline.chunk import Chunk, Missing

        assert self.fetch is not None  # noqa: S101
        origin, before = Origin(request.content, run.interval.key), 0
        for part in self.fetch(request, run):
            if isinstance(part, Missing):
                yield part
                continue
            if isinstance(part, Chunk):
                chunk = part
            else:
                assert self.parse is not None  # noqa: S101
                chunk = self.parse(part, origin)
            yield replace(
                chunk,
                positions=chunk.positions + before,
                refused=[replace(each, position=each.position + before) for each in chunk.refused],
            )
            before += len(chunk.positions) + len(chunk.refused)


def lazily(name: str) -> Callable[..., Any]:
    """A function that is imported when it is first called.

    Args:
        name: Its module and name below ``dataflow360.sources``, as in ``metar.reports:fetch``.
    """

    def call(*args: Any) -> Any:
        return resolve_name(f"{__package__}.{name}")(*args)

    return call


def by_record(record_type: str, row_of: Callable[[bytes], dict[str, Any] | str]) -> Parse:
    """The parser of a source whose records are parsed one by one.

    Args:
        record_type: Name of the rows' contract.
        row_of: A record as a row, or the reason why it is none.
    """

    def parse(raws: Sequence[bytes], origin: Origin) -> Chunk:
        from dataflow360.pipeline.chunk import chunk_of
        from dataflow360.records import RECORD_TYPES

        schema = RECORD_TYPES[record_type].arrow_schema
        return chunk_of(schema, [(raw, row_of(raw)) for raw in raws])

    return parse
