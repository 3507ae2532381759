"""Faker providers of the project: flights and weather that never happened, always the same.

Every value depends on the record type, the airport and the date alone: not on Faker's seed, the
order of calls or the process. Rows are drawn by numpy and arrive as Arrow tables.
"""

from dataflow360.faker_providers.defects import damage
from dataflow360.faker_providers.flights import FlightProvider
from dataflow360.faker_providers.weather import WeatherProvider

__all__ = ["FlightProvider", "WeatherProvider", "damage"]
