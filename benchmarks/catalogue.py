"""All comparisons, by name."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import (
    cassandra,
    csv_files,
    generation,
    kafka,
    kinesis,
    mysql,
    redis,
    validation,
    whole_way,
)
from benchmarks.comparison import Comparison

COMPARISONS: Mapping[str, Comparison] = {
    comparison.name: comparison
    for comparison in (
        generation.FLIGHTS,
        generation.WEATHER,
        csv_files.COMPARISON,
        validation.COMPARISON,
        mysql.COMPARISON,
        cassandra.COMPARISON,
        redis.COMPARISON,
        kafka.COMPARISON,
        kinesis.COMPARISON,
        whole_way.COMPARISON,
    )
}
