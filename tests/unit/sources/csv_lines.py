"""Lines of CSV for the tests of their parser."""

import numpy as np

from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.records.validation import check
from dataflow360.sources.csv_files.dialect import Dialect
from dataflow360.sources.csv_files.format import Format
from dataflow360.sources.csv_files.formats.fares import FARES
from dataflow360.sources.csv_files.formats.passengers import PASSENGERS
from dataflow360.sources.csv_files.formats.weather import WEATHER
from dataflow360.sources.csv_files.parsing import parse as parse_block

GOOD = {
    WEATHER.name: "Bénin,Cotonou,2025-10-20,0,26.5,85,1013.4,11.3,234,0.0,100,,23.8,Couvert",
    PASSENGERS.name: "200507,ATA Airlines,TZ,ATA Airlines,,Domestic,Amérique,Deplaned,Low Fare,"
    "Terminal 1,B,27271",
    FARES.name: "0,Air Sénégal,HC-301,Dakar,Evening,zero,Night,Lomé,Economy,2.17,1,59530.5",
}


def parse(*lines: bytes, form: Format, first_line: int = 2, **dialect: str) -> Chunk:
    numbers = np.arange(first_line, first_line + len(lines))
    return parse_block(b"".join(line + b"\n" for line in lines), Dialect(form, **dialect), numbers)


def refusals(chunk: Chunk, form: Format) -> list[Refused]:
    """All that goes to quarantine, refused by the parser or by the contract, in order."""
    reasons = check(form.record, chunk.table).reasons
    by_contract = [
        Refused(int(chunk.positions[row]), chunk.raw(row), reason)
        for row, reason in reasons.items()
    ]
    return sorted([*chunk.refused, *by_contract], key=lambda each: each.position)
