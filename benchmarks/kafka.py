"""Weather rows to Kafka: the provider's operator and a raw producer against publishing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import ready
from benchmarks.comparison import Comparison, Job, Target, Variant, Work
from benchmarks.destinations import WEATHER_ROWS, Topic

OURS, OPERATOR, RAW = Topic("ours"), Topic("operator"), Topic("raw")


def _prepare(job: Job, rounds: int) -> None:
    from benchmarks import batches
    from benchmarks.names import DAG_ID
    from benchmarks.records import WEATHER
    from dataflow360.pipeline import staging
    from dataflow360.streams.messages import messages

    batch_ids = batches.land(WEATHER, job, rounds, topic=OURS.name)
    for batch_id in batch_ids:
        WEATHER_ROWS.empty()  # or the rows would be unchanged, and there would be nothing to send
        staging.stage(batch_id)
    made = [
        message
        for rows in batches.landed_rows(job)
        for message in messages(WEATHER, rows, dag_id=DAG_ID, batch_id=batch_ids[0])
    ]
    ready.write(job, ("key", "value", "headers"), list(zip(*made, strict=True)))


@contextmanager
def _operator(job: Job) -> Iterator[Work]:
    from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator

    _, messages = ready.read(job)
    pairs = [(key, value) for key, value, _ in messages]
    produce = ProduceToTopicOperator(
        task_id="produce",
        kafka_config_id="dataflow360_kafka",
        topic=OPERATOR.name,
        producer_function=lambda: pairs,
    )
    yield lambda: produce.execute({})


@contextmanager
def _raw(job: Job) -> Iterator[Work]:
    from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
    from confluent_kafka import Producer

    from dataflow360.streams import kafka

    _, messages = ready.read(job)
    connection = KafkaAdminClientHook.get_connection("dataflow360_kafka").extra_dejson
    producer = Producer({**connection, **kafka._PRODUCER})
    producer.list_topics(RAW.name, timeout=30)  # connected, as ours is not
    topic = RAW.name

    def work() -> None:
        for key, value, headers in messages:
            while True:
                try:
                    producer.produce(topic, value, key, headers=headers)
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
            producer.poll(0)
        assert producer.flush(120) == 0  # noqa: S101

    yield work


@contextmanager
def _publish(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.pipeline import publishing

    batch_id = batches.recall(job)
    yield lambda: publishing.publish(batch_id)


COMPARISON = Comparison(
    name="kafka",
    title="Kafka, weather",
    rows=200_000,
    variants=(
        Variant("operator", "ProduceToTopicOperator", _operator, OPERATOR, 3_000),
        Variant("raw", "raw idempotent producer, ready-made messages", _raw, RAW),
        Variant("ours", "ours: the publish step of a staged batch", _publish, OURS),
    ),
    targets=(
        Target("ours", "publish", "operator", 20),
        Target("ours", "publish", "raw", 0.7),
    ),
    destinations=(WEATHER_ROWS, OURS, OPERATOR, RAW),
    prepare=_prepare,
)
