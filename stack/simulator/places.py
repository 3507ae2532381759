"""Which of the project's airports a position or a name means."""

from dataflow360.airports import AIRPORTS, Airport, by_city, distance_km

NEAR_KM = 50.0
"""How far from an airport a position still means it."""


def near(latitude: float, longitude: float) -> Airport | None:
    """The airport nearest to a position in decimal degrees, or None if it is too far."""
    here = Airport("", "", "", "", latitude, longitude, "UTC")
    closest = min(AIRPORTS.values(), key=lambda airport: distance_km(here, airport))
    return closest if distance_km(here, closest) <= NEAR_KM else None


def named(place: str) -> Airport | None:
    """The airport of a city, written with or without its country: ``Lomé`` or ``Lome, Togo``."""
    return by_city(place.split(",", maxsplit=1)[0])


def position(latitude: str | None, longitude: str | None) -> tuple[float, float] | None:
    """Latitude and longitude as numbers, or None if they are none or not on Earth."""
    try:
        lat, lon = float(latitude or ""), float(longitude or "")
    except ValueError:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None  # noqa: PLR2004
