"""Airports: the 16 of West Africa that the project follows, and those that they are connected to.

Committed constants, so that importing this module costs nothing (DAG files import it when they
are parsed). Positions, ICAO codes and time zones come from the `airportsdata` package (MIT), which
the unit tests hold against them. Names of cities and countries are French, as at rest.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from types import MappingProxyType
from typing import Final

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of the Earth in km: Moritz, "Geodetic Reference System 1980" (IUGG), 2000."""


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport.

    `city` and `country` are French names, `latitude` and `longitude` decimal degrees (WGS 84,
    north and east positive), `timezone` a name of the IANA time zone database.
    """

    iata: str
    icao: str
    city: str
    country: str
    latitude: float
    longitude: float
    timezone: str


# `airportsdata` still has NKC at the airport that closed in 2016 (GQNN); it is GQNO since.
_WEST_AFRICA: Final = (
    Airport("COO", "DBBB", "Cotonou", "Bénin", 6.35723, 2.38435, "Africa/Porto-Novo"),
    Airport("OUA", "DFFD", "Ouagadougou", "Burkina Faso", 12.3532, -1.51242, "Africa/Ouagadougou"),
    Airport("RAI", "GVNP", "Praia", "Cap-Vert", 14.9245, -23.4935, "Atlantic/Cape_Verde"),
    Airport("ABJ", "DIAP", "Abidjan", "Côte d'Ivoire", 5.26139, -3.92629, "Africa/Abidjan"),
    Airport("BJL", "GBYD", "Banjul", "Gambie", 13.338, -16.6522, "Africa/Banjul"),
    Airport("ACC", "DGAA", "Accra", "Ghana", 5.60519, -0.16679, "Africa/Accra"),
    Airport("CKY", "GUCY", "Conakry", "Guinée", 9.57689, -13.612, "Africa/Conakry"),
    Airport("OXB", "GGOV", "Bissau", "Guinée-Bissau", 11.8948, -15.6537, "Africa/Bissau"),
    Airport("ROB", "GLRB", "Monrovia", "Libéria", 6.23379, -10.3623, "Africa/Monrovia"),
    Airport("BKO", "GABS", "Bamako", "Mali", 12.5335, -7.94994, "Africa/Bamako"),
    Airport("NKC", "GQNO", "Nouakchott", "Mauritanie", 18.31, -15.97, "Africa/Nouakchott"),
    Airport("NIM", "DRRN", "Niamey", "Niger", 13.4815, 2.18361, "Africa/Niamey"),
    Airport("LOS", "DNMM", "Lagos", "Nigéria", 6.57737, 3.32116, "Africa/Lagos"),
    Airport("DSS", "GOBD", "Dakar", "Sénégal", 14.67111, -17.06694, "Africa/Dakar"),
    Airport("FNA", "GFLL", "Freetown", "Sierra Leone", 8.61644, -13.1955, "Africa/Freetown"),
    Airport("LFW", "DXXX", "Lomé", "Togo", 6.16561, 1.25451, "Africa/Lome"),
)
#: ISO 3166-1 codes of the countries of West Africa, by their French names.
COUNTRY_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Bénin": "BJ", "Burkina Faso": "BF", "Cap-Vert": "CV", "Côte d'Ivoire": "CI",
        "Gambie": "GM", "Ghana": "GH", "Guinée": "GN", "Guinée-Bissau": "GW", "Libéria": "LR",
        "Mali": "ML", "Mauritanie": "MR", "Niger": "NE", "Nigéria": "NG", "Sénégal": "SN",
        "Sierra Leone": "SL", "Togo": "TG",
    }
)  # fmt: skip
_ELSEWHERE: Final = (
    Airport("ABV", "DNAA", "Abuja", "Nigéria", 9.00679, 7.26317, "Africa/Lagos"),
    Airport("ADD", "HAAB", "Addis-Abeba", "Éthiopie", 8.97789, 38.7993, "Africa/Addis_Ababa"),
    Airport("ALG", "DAAG", "Alger", "Algérie", 36.691, 3.21541, "Africa/Algiers"),
    Airport("AMS", "EHAM", "Amsterdam", "Pays-Bas", 52.3086, 4.76389, "Europe/Amsterdam"),
    Airport("ATL", "KATL", "Atlanta", "États-Unis", 33.6367, -84.42786, "America/New_York"),
    Airport("BCN", "LEBL", "Barcelone", "Espagne", 41.2971, 2.07846, "Europe/Madrid"),
    Airport("BEY", "OLBA", "Beyrouth", "Liban", 33.8209, 35.4884, "Asia/Beirut"),
    Airport("BRU", "EBBR", "Bruxelles", "Belgique", 50.5405, 4.2904, "Europe/Brussels"),
    Airport("BVC", "GVBA", "Boa Vista", "Cap-Vert", 16.1365, -22.8889, "Atlantic/Cape_Verde"),
    Airport("BZV", "FCBB", "Brazzaville", "Congo", -4.2517, 15.253, "Africa/Brazzaville"),
    Airport("CAI", "HECA", "Le Caire", "Égypte", 30.1219, 31.4056, "Africa/Cairo"),
    Airport("CDG", "LFPG", "Paris", "France", 49.0128, 2.55, "Europe/Paris"),
    Airport("CMN", "GMMN", "Casablanca", "Maroc", 33.3675, -7.58997, "Africa/Casablanca"),
    Airport("DLA", "FKKD", "Douala", "Cameroun", 4.00608, 9.71948, "Africa/Douala"),
    Airport("DOH", "OTHH", "Doha", "Qatar", 25.26059, 51.61377, "Asia/Qatar"),
    Airport("DXB", "OMDB", "Dubaï", "Émirats arabes unis", 25.2528, 55.3644, "Asia/Dubai"),
    Airport("ENU", "DNEN", "Enugu", "Nigéria", 6.47427, 7.56196, "Africa/Lagos"),
    Airport("EWR", "KEWR", "Newark", "États-Unis", 40.69248, -74.16869, "America/New_York"),
    Airport("FIH", "FZAA", "Kinshasa", "République démocratique du Congo", -4.38575, 15.4446,
            "Africa/Kinshasa"),
    Airport("FRA", "EDDF", "Francfort", "Allemagne", 50.0264, 8.54313, "Europe/Berlin"),
    Airport("GAQ", "GAGO", "Gao", "Mali", 16.2484, -0.00546, "Africa/Bamako"),
    Airport("IAD", "KIAD", "Washington", "États-Unis", 38.94746, -77.45993, "America/New_York"),
    Airport("IST", "LTFM", "Istanbul", "Turquie", 41.27533, 28.752, "Europe/Istanbul"),
    Airport("JFK", "KJFK", "New York", "États-Unis", 40.63993, -73.77869, "America/New_York"),
    Airport("JNB", "FAOR", "Johannesburg", "Afrique du Sud", -26.13367, 28.24233,
            "Africa/Johannesburg"),
    Airport("KAN", "DNKN", "Kano", "Nigéria", 12.0476, 8.52462, "Africa/Lagos"),
    Airport("KGL", "HRYR", "Kigali", "Rwanda", -1.96863, 30.1395, "Africa/Kigali"),
    Airport("KMS", "DGSI", "Kumasi", "Ghana", 6.71456, -1.59082, "Africa/Accra"),
    Airport("KYS", "GAKD", "Kayes", "Mali", 14.48167, -11.40194, "Africa/Bamako"),
    Airport("LBV", "FOOL", "Libreville", "Gabon", 0.4586, 9.41228, "Africa/Libreville"),
    Airport("LGW", "EGKK", "Londres", "Royaume-Uni", 51.1481, -0.19028, "Europe/London"),
    Airport("LHR", "EGLL", "Londres", "Royaume-Uni", 51.4706, -0.46194, "Europe/London"),
    Airport("LIS", "LPPT", "Lisbonne", "Portugal", 38.7813, -9.13592, "Europe/Lisbon"),
    Airport("LPA", "GCLP", "Las Palmas", "Espagne", 27.9319, -15.3866, "Atlantic/Canary"),
    Airport("LYS", "LFLL", "Lyon", "France", 45.7264, 5.09083, "Europe/Paris"),
    Airport("MAD", "LEMD", "Madrid", "Espagne", 40.4936, -3.56676, "Europe/Madrid"),
    Airport("MRS", "LFML", "Marseille", "France", 43.43927, 5.22142, "Europe/Paris"),
    Airport("NBO", "HKJK", "Nairobi", "Kenya", -1.31924, 36.9278, "Africa/Nairobi"),
    Airport("NDB", "GQPP", "Nouadhibou", "Mauritanie", 20.9331, -17.03, "Africa/Nouakchott"),
    Airport("NDJ", "FTTJ", "N'Djaména", "Tchad", 12.1337, 15.034, "Africa/Ndjamena"),
    Airport("NSI", "FKYS", "Yaoundé", "Cameroun", 3.72256, 11.5533, "Africa/Douala"),
    Airport("ORY", "LFPO", "Paris", "France", 48.7253, 2.35944, "Europe/Paris"),
    Airport("PHC", "DNPO", "Port Harcourt", "Nigéria", 5.01549, 6.94959, "Africa/Lagos"),
    Airport("SID", "GVAC", "Sal", "Cap-Vert", 16.7414, -22.9494, "Atlantic/Cape_Verde"),
    Airport("TML", "DGLE", "Tamale", "Ghana", 9.55719, -0.86321, "Africa/Accra"),
    Airport("TUN", "DTTA", "Tunis", "Tunisie", 36.851, 10.2272, "Africa/Tunis"),
    Airport("VXE", "GVSV", "São Vicente", "Cap-Vert", 16.8332, -25.0553, "Atlantic/Cape_Verde"),
    Airport("ZIG", "GOGG", "Ziguinchor", "Sénégal", 12.5556, -16.2818, "Africa/Dakar"),
)  # fmt: skip

AIRPORTS: Final[Mapping[str, Airport]] = MappingProxyType({a.iata: a for a in _WEST_AFRICA})
"""The 16 West African airports that the project follows, one a country, by IATA code."""

DESTINATIONS: Final[Mapping[str, Airport]] = MappingProxyType(
    {a.iata: a for a in (*_WEST_AFRICA, *_ELSEWHERE)}
)
"""`AIRPORTS` and every airport that an airline of the project connects them to, by IATA code."""


def _folded(name: str) -> str:
    """Name without accents, case, outer blanks and runs of blanks (no-break ones included)."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


_BY_CITY: Final[Mapping[str, Airport]] = MappingProxyType(
    {_folded(a.city): a for a in AIRPORTS.values()}
)


def by_city(name: str) -> Airport | None:
    """Airport of `AIRPORTS` in the city of that name, or None.

    Accents, case and stray blanks don't count: 'LOME ' and 'Lomé' are the same city.
    """
    return _BY_CITY.get(_folded(name))


def nearest(latitude: float, longitude: float, within_km: float = 50.0) -> Airport | None:
    """Airport of `AIRPORTS` beside a place in decimal degrees, or None where there is none."""
    distance, iata = min(
        (_distance_km(latitude, longitude, airport.latitude, airport.longitude), airport.iata)
        for airport in AIRPORTS.values()
    )
    return AIRPORTS[iata] if distance <= within_km else None


def distance_km(a: Airport, b: Airport) -> float:
    """Great-circle distance in km, by the haversine formula on a sphere of the mean radius.

    R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68 (1984), p. 159; within 0.6 % of
    the distance on the ellipsoid.
    """
    return _distance_km(a.latitude, a.longitude, b.latitude, b.longitude)


def _distance_km(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> float:
    lat_a, lat_b = radians(latitude_a), radians(latitude_b)
    half_lat = (lat_b - lat_a) / 2
    half_lon = radians(longitude_b - longitude_a) / 2
    h = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))
