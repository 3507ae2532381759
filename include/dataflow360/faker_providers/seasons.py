"""The West African calendar in French: days, months, and the season of an airport in a month."""

from typing import Final

from dataflow360.airports import Airport

WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
"""French names of the days, Monday first as in `datetime.date.weekday`."""

MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
"""French names of the months, January first."""

HARMATTAN: Final = "harmattan"
DRY: Final = "saison sèche"
RAINY: Final = "saison des pluies"

_NAMES: Final = {"h": HARMATTAN, "s": DRY, "p": RAINY}
_CALENDAR: Final = {
    "guinéenne": "hhsppppsppsh",
    "soudanienne": "hhssppppppsh",
    "sahélienne": "hhsssppppshh",
    "saharienne": "hhhssspppshh",
}
_GUINEAN_NORTH = 8.0
_SUDANIAN_NORTH = 12.0
_SAHELIAN_NORTH = 16.0
_WINDWARD_WEST = -8.0


def zone(airport: Airport) -> str:
    """Climate zone: 'guinéenne', 'soudanienne', 'sahélienne' or 'saharienne', south to north.

    Latitude decides, with one exception: the windward coast west of 8° W (Monrovia) has no dry
    August between two rainy seasons, and so follows the calendar of the next zone north.
    """
    if airport.latitude < _GUINEAN_NORTH:
        return "guinéenne" if airport.longitude > _WINDWARD_WEST else "soudanienne"
    if airport.latitude < _SUDANIAN_NORTH:
        return "soudanienne"
    return "sahélienne" if airport.latitude < _SAHELIAN_NORTH else "saharienne"


def season(airport: Airport, month: int) -> str:
    """Season at `airport` in `month` (1 to 12): 'harmattan', 'saison sèche', 'saison des pluies'.

    The rainy season follows the monsoon: two on the Gulf of Guinea, parted by a dry August,
    one further north, the shorter the nearer the Sahara.
    """
    return _NAMES[_CALENDAR[zone(airport)][month - 1]]
