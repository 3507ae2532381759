"""Airlines that serve West Africa: who flies where, with which aircraft.

A simplified picture of the mid-2020s network, for synthetic data: the routes are ones that the
airline has really flown, the weekly frequencies are round figures. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Aircraft:
    """An aircraft type: how far it flies and from which distance it is worth using.

    `range_km` is the manufacturer's published range with passengers, rounded; `shortest_km` is the
    sector under which an airline takes a smaller type when it has one.
    """

    name: str
    range_km: int
    shortest_km: int = 0


_AIRCRAFT: Final = (
    Aircraft("ATR 72-600", 1_400),
    Aircraft("De Havilland Dash 8-400", 2_000),
    Aircraft("Embraer ERJ 145", 2_800),
    Aircraft("Embraer E175", 3_700),
    Aircraft("Embraer E190", 4_500),
    Aircraft("Embraer E195-E2", 4_800),
    Aircraft("Bombardier CRJ900", 2_800),
    Aircraft("Boeing 737-500", 4_400),
    Aircraft("Boeing 737-700", 5_500),
    Aircraft("Boeing 737-800", 5_700),
    Aircraft("Boeing 737-900ER", 5_900),
    Aircraft("Boeing 737 MAX 8", 6_500),
    Aircraft("Airbus A319-100", 6_800),
    Aircraft("Airbus A320-200", 6_100),
    Aircraft("Airbus A320neo", 6_300),
    Aircraft("Airbus A321neo", 7_400, 1_500),
    Aircraft("Airbus A330-200", 13_400, 2_500),
    Aircraft("Airbus A330-300", 11_700, 2_500),
    Aircraft("Airbus A330-900neo", 13_300, 2_500),
    Aircraft("Airbus A350-900", 15_000, 3_000),
    Aircraft("Airbus A350-1000", 16_000, 3_000),
    Aircraft("Boeing 767-300ER", 11_000, 2_500),
    Aircraft("Boeing 777-200ER", 13_000, 3_000),
    Aircraft("Boeing 777-200LR", 15_800, 3_000),
    Aircraft("Boeing 777-300ER", 13_600, 3_000),
    Aircraft("Boeing 787-8", 13_500, 2_500),
    Aircraft("Boeing 787-9", 14_000, 2_500),
)
AIRCRAFT: Final[Mapping[str, Aircraft]] = MappingProxyType({a.name: a for a in _AIRCRAFT})
"""Aircraft types by name."""


@dataclass(frozen=True, slots=True)
class Airline:
    """An airline: its IATA designator, name, fleet and routes.

    `routes` maps an airport to those that the airline flies to from there without a stop. Every
    route is flown both ways, so it is written once, at the hub. `weekly` is the usual number of
    flights a week on one route.
    """

    iata: str
    name: str
    fleet: tuple[str, ...]
    weekly: int
    routes: Mapping[str, frozenset[str]]

    def destinations(self, origin: str) -> frozenset[str]:
        """Airports (IATA) that the airline reaches from `origin` without a stop; may be empty."""
        inbound = {hub for hub, served in self.routes.items() if origin in served}
        return self.routes.get(origin, frozenset()) | inbound

    def aircraft_for(self, distance_km: float) -> tuple[str, ...]:
        """Types of the fleet that can fly `distance_km` with a tenth in reserve.

        Types meant for longer sectors are left out as long as a smaller one will do.
        """
        able = [AIRCRAFT[t] for t in self.fleet if AIRCRAFT[t].range_km >= 1.1 * distance_km]
        fitting = [a for a in able if a.shortest_km <= distance_km]
        return tuple(a.name for a in fitting or able)


def _airline(iata: str, name: str, fleet: str, weekly: int, **routes: str) -> Airline:
    """Write an airline in one line: fleet separated by commas, destinations by blanks."""
    return Airline(
        iata,
        name,
        tuple(t.strip() for t in fleet.split(",")),
        weekly,
        MappingProxyType({hub: frozenset(served.split()) for hub, served in routes.items()}),
    )


_737 = "Boeing 737-800, Boeing 737 MAX 8"
_AIRLINES: Final = (
    # West Africa's own airlines.
    _airline("HC", "Air Sénégal", "ATR 72-600, Airbus A319-100, Airbus A330-900neo", 6,
             DSS="ABJ BJL BKO CDG CKY CMN COO DLA LBV NKC OXB RAI"),
    _airline("HF", "Air Côte d'Ivoire",
             "De Havilland Dash 8-400, Airbus A319-100, Airbus A320neo, Airbus A330-900neo", 7,
             ABJ="ACC BKO CDG CKY COO DLA DSS FNA LBV LFW LOS NIM NSI OUA ROB"),
    _airline("KP", "ASKY Airlines", f"De Havilland Dash 8-400, {_737}", 6,
             LFW="ABJ ABV ACC BJL BKO BZV CKY COO DLA DSS FIH FNA JNB LBV LOS NBO NDJ NIM NSI OUA"
                 " OXB ROB"),
    _airline("2J", "Air Burkina", "Embraer E190", 4, OUA="ABJ ACC BKO COO DSS LFW NIM"),
    _airline("P4", "Air Peace", "Embraer E195-E2, Boeing 737-500, Boeing 777-300ER", 6,
             LOS="ABV ACC BJL DLA DSS ENU FNA JNB KAN LGW PHC ROB"),
    _airline("AW", "Africa World Airlines", "Embraer ERJ 145", 7, ACC="ABJ FNA KMS LOS ROB TML"),
    _airline("R2", "Transair", "Embraer ERJ 145, Boeing 737-500", 4, DSS="BJL CKY OXB ZIG"),
    _airline("ML", "Sky Mali", "Boeing 737-500", 4, BKO="ABJ DSS GAQ KYS"),
    _airline("VR", "Cabo Verde Airlines", "ATR 72-600, Boeing 737 MAX 8", 5,
             RAI="BVC CDG LIS SID VXE"),
    _airline("L6", "Mauritania Airlines", f"Embraer E175, {_737}", 4,
             NKC="ABJ BKO CKY CMN DSS LPA NDB TUN"),
    # Airlines of the rest of Africa.
    _airline("AT", "Royal Air Maroc", f"{_737}, Boeing 787-8, Boeing 787-9", 6,
             CMN="ABJ ACC BJL BKO CKY COO DSS FNA LFW LOS NIM NKC OUA OXB RAI ROB"),
    _airline("ET", "Ethiopian Airlines",
             f"{_737}, Boeing 787-8, Boeing 787-9, Airbus A350-900, Boeing 777-200LR", 6,
             ADD="ABJ ACC BKO CKY COO DSS FNA LFW LOS NIM OUA ROB", LFW="EWR IAD", ABJ="JFK"),
    _airline("KQ", "Kenya Airways", "Embraer E190, Boeing 737-800, Boeing 787-8", 4,
             NBO="ABJ ACC DSS FNA LOS ROB", ACC="FNA ROB", ABJ="DSS"),
    _airline("WB", "RwandAir", "Boeing 737-800, Airbus A330-300", 4,
             KGL="ABJ ACC COO LOS", COO="ABJ DLA LBV"),
    _airline("MS", "EgyptAir", "Boeing 737-800, Airbus A330-300, Boeing 787-9", 4,
             CAI="ABJ ACC LOS"),
    _airline("TU", "Tunisair", "Airbus A320-200, Airbus A320neo, Airbus A330-200", 3,
             TUN="ABJ BKO DSS NIM NKC OUA"),
    _airline("AH", "Air Algérie", "Boeing 737-800, Airbus A330-200", 3,
             ALG="ABJ BKO DSS NIM NKC OUA"),
    _airline("SA", "South African Airways", "Airbus A330-300", 3, JNB="ABJ ACC LOS"),
    # Airlines of Europe.
    _airline("AF", "Air France",
             "Airbus A330-200, Airbus A350-900, Boeing 777-200ER, Boeing 777-300ER", 7,
             CDG="ABJ ACC CKY COO DSS FNA LFW LOS NKC"),
    _airline("SS", "Corsair International", "Airbus A330-900neo", 5, ORY="ABJ BKO COO"),
    _airline("TO", "Transavia France", "Boeing 737-800, Airbus A320neo, Airbus A321neo", 6,
             ORY="DSS", LYS="DSS", MRS="DSS"),
    _airline("SN", "Brussels Airlines", "Airbus A330-300", 5,
             BRU="ABJ ACC BJL COO DSS FNA LFW OUA ROB", DSS="BJL", FNA="ROB", LFW="COO"),
    _airline("TP", "TAP Air Portugal", "Airbus A320neo, Airbus A321neo, Airbus A330-900neo", 6,
             LIS="ACC BJL DSS OXB RAI", DSS="BJL"),
    _airline("TK", "Turkish Airlines",
             "Boeing 737 MAX 8, Airbus A321neo, Airbus A330-300, Boeing 787-9", 5,
             IST="ABJ ACC BJL BKO CKY COO DSS FNA LOS NIM NKC OUA", BKO="NIM", NKC="DSS"),
    _airline("IB", "Iberia", "Airbus A320neo, Airbus A321neo", 6, MAD="DSS"),
    _airline("VY", "Vueling", "Airbus A320neo", 3, BCN="BJL DSS"),
    _airline("NT", "Binter Canarias", "ATR 72-600, Embraer E195-E2", 3, LPA="DSS NKC SID"),
    _airline("BA", "British Airways", "Boeing 777-200ER, Boeing 787-9, Airbus A350-1000", 7,
             LHR="ACC LOS"),
    _airline("VS", "Virgin Atlantic", "Boeing 787-9, Airbus A330-900neo", 7, LHR="ACC LOS"),
    _airline("KL", "KLM", "Airbus A330-300, Boeing 787-9", 6, AMS="ACC LOS"),
    _airline("LH", "Lufthansa", "Airbus A330-300", 5, FRA="LOS"),
    # Airlines of the Middle East and of North America.
    _airline("EK", "Emirates", "Boeing 777-300ER", 6,
             DXB="ABJ ACC CKY DSS LOS", ABJ="ACC", DSS="CKY"),
    _airline("QR", "Qatar Airways", "Boeing 787-8, Airbus A350-900", 5,
             DOH="ACC LOS", ACC="ABJ"),
    _airline("ME", "Middle East Airlines", "Airbus A330-200", 3, BEY="ABJ ACC LOS"),
    _airline("DL", "Delta Air Lines", "Boeing 767-300ER, Airbus A330-900neo", 5,
             JFK="ACC DSS LOS", ATL="ACC LOS"),
    _airline("UA", "United Airlines", "Boeing 787-8", 4, IAD="ACC DSS LOS"),
)  # fmt: skip
AIRLINES: Final[Mapping[str, Airline]] = MappingProxyType({a.iata: a for a in _AIRLINES})
"""Airlines by IATA designator."""
