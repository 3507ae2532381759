"""The contracts: each record type is declared once, in a module of its own."""

from __future__ import annotations

from dataflow360.records.contract import RecordType
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.mesures_villes import MESURES_VILLES
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from dataflow360.records.meteo_villes import METEO_VILLES
from dataflow360.records.tarifs_vols import TARIFS_VOLS
from dataflow360.records.trafic_passagers import TRAFIC_PASSAGERS
from dataflow360.records.vols import VOLS
from dataflow360.records.vols_ao import VOLS_AO
from dataflow360.records.vols_meteo import VOLS_METEO

RECORD_TYPES: dict[str, RecordType] = {
    record.name: record
    for record in (
        VOLS,
        DONNEES_METEO,
        METEO_AEROPORTS,
        TRAFIC_PASSAGERS,
        TARIFS_VOLS,
        DEPARTS_AEROPORTS,
        METEO_VILLES,
        VOLS_AO,
        VOLS_METEO,
        MESURES_VILLES,
    )
}
