"""CSV files from an inbox: weather observations, passengers and fares."""

from __future__ import annotations

from dataflow360.sources.source import Output, Source, lazily

CSV_FILES = Source(
    dag_id="csv_files",
    outputs=(
        Output("donnees_meteo", "meteo_db.donnees_meteo", "meteo_historique"),
        Output("trafic_passagers", "aerien_db.trafic_passagers", "trafic_passagers"),
        Output("tarifs_vols", "aerien_db.tarifs_vols", "tarifs_vols"),
    ),
    parse=lazily("csv_files.files:reparse"),
)
