-- Generated from the contracts: python -m dataflow360 contracts

CREATE DATABASE IF NOT EXISTS aerien_db CHARACTER SET utf8mb4;

CREATE DATABASE IF NOT EXISTS dataflow360 CHARACTER SET utf8mb4;

CREATE DATABASE IF NOT EXISTS meteo_db CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS meteo_db.donnees_meteo (
  pays VARCHAR(40) NOT NULL COMMENT 'Country.',
  aeroport VARCHAR(3) NOT NULL COMMENT 'IATA code of the airport.',
  date_observation DATE NOT NULL COMMENT 'Date of the observation (UTC).',
  heure_observation TINYINT NOT NULL COMMENT 'Hour of the observation (UTC). [h]',
  temperature DOUBLE NOT NULL COMMENT 'Air temperature at 2 m. [°C]',
  humidite SMALLINT NOT NULL COMMENT 'Relative humidity at 2 m. [%]',
  pression DOUBLE NOT NULL COMMENT 'Air pressure at sea level. [hPa]',
  vitesse_vent DOUBLE NOT NULL COMMENT 'Wind speed at 10 m. [km/h]',
  direction_vent SMALLINT NOT NULL COMMENT 'Direction the wind comes from. [°]',
  precipitations DOUBLE NOT NULL COMMENT 'Rain in the hour before. [mm]',
  nebulosite SMALLINT NOT NULL COMMENT 'Cloud cover. [%]',
  visibilite DOUBLE NULL COMMENT 'Visibility. [km]',
  point_rosee DOUBLE NOT NULL COMMENT 'Dew point at 2 m. [°C]',
  conditions_meteo VARCHAR(60) NOT NULL COMMENT 'The weather in words.',
  provenance VARCHAR(20) NOT NULL COMMENT 'Where the observation comes from; part of the natural key, so that a made value never replaces an observed one.',
  id_observation CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (provenance, aeroport, date_observation, heure_observation)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS meteo_db.metar (
  aeroport VARCHAR(3) NOT NULL COMMENT 'IATA code of the airport.',
  oaci VARCHAR(4) NOT NULL COMMENT 'ICAO code of the airport.',
  observation DATETIME NOT NULL COMMENT 'When the weather was observed (UTC).',
  type_rapport VARCHAR(5) NOT NULL COMMENT 'Routine report (METAR) or special one (SPECI).',
  automatique BOOLEAN NOT NULL COMMENT 'Whether no person has looked at it (AUTO).',
  corrige BOOLEAN NOT NULL COMMENT 'Whether it corrects an earlier report (COR).',
  neant BOOLEAN NOT NULL COMMENT 'Whether it only says that there is no report (NIL).',
  temperature DOUBLE NULL COMMENT 'Air temperature. [°C]',
  point_rosee DOUBLE NULL COMMENT 'Dew point. [°C]',
  qnh DOUBLE NULL COMMENT 'Pressure reduced to sea level by the standard atmosphere. [hPa]',
  direction_vent SMALLINT NULL COMMENT 'Direction the wind comes from; empty where it is variable. [°]',
  vent_variable BOOLEAN NOT NULL COMMENT 'Whether the wind has no steady direction (VRB).',
  vitesse_vent DOUBLE NULL COMMENT 'Wind speed. [km/h]',
  rafales DOUBLE NULL COMMENT 'Speed of the gusts. [km/h]',
  visibilite DOUBLE NULL COMMENT 'Visibility. [km]',
  visibilite_ou_plus BOOLEAN NOT NULL COMMENT 'Whether the visibility is that or more.',
  nuages VARCHAR(80) NULL COMMENT 'Layers of clouds with their bases in hundreds of feet, as in SCT014 BKN100.',
  phenomenes VARCHAR(60) NULL COMMENT 'Weather phenomena in the code of WMO table 4678, as in -RA BR.',
  rapport VARCHAR(1000) NOT NULL COMMENT 'The report as it was sent.',
  id_metar CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (aeroport, observation, type_rapport)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS meteo_db.meteo_aeroports (
  timestamp DATETIME NOT NULL COMMENT 'When it was observed (UTC), as the source says.',
  pays VARCHAR(40) NOT NULL COMMENT 'Country.',
  ville VARCHAR(40) NOT NULL COMMENT 'City.',
  aeroport VARCHAR(3) NOT NULL COMMENT 'IATA code of the airport.',
  temperature DOUBLE NOT NULL COMMENT 'Air temperature. [°C]',
  humidite SMALLINT NOT NULL COMMENT 'Relative humidity. [%]',
  pression DOUBLE NOT NULL COMMENT 'Air pressure at sea level. [hPa]',
  vitesse_vent DOUBLE NOT NULL COMMENT 'Wind speed. [km/h]',
  direction_vent SMALLINT NULL COMMENT 'Direction the wind comes from. [°]',
  conditions VARCHAR(60) NOT NULL COMMENT 'The weather in words.',
  nuages SMALLINT NOT NULL COMMENT 'Cloud cover. [%]',
  provenance VARCHAR(20) NOT NULL COMMENT 'Where the observation comes from; part of the natural key, so that a modelled value of an archive never replaces an observed one.',
  id_observation CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (provenance, aeroport, timestamp)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS aerien_db.tarifs_vols (
  airline VARCHAR(80) NOT NULL COMMENT 'Name of the airline.',
  flight VARCHAR(20) NOT NULL COMMENT 'Flight number; several when there are stops.',
  source_city VARCHAR(60) NOT NULL COMMENT 'City of departure.',
  departure_time VARCHAR(13) NOT NULL COMMENT 'Part of the day of departure.',
  stops VARCHAR(11) NOT NULL COMMENT 'Stops under way.',
  arrival_time VARCHAR(13) NOT NULL COMMENT 'Part of the day of arrival.',
  destination_city VARCHAR(60) NOT NULL COMMENT 'City of arrival.',
  class VARCHAR(8) NOT NULL COMMENT 'Class of travel.',
  duration DOUBLE NOT NULL COMMENT 'Time from departure to arrival. [h]',
  days_left SMALLINT NOT NULL COMMENT 'Days from booking to departure. [d]',
  price DOUBLE NOT NULL COMMENT 'Price in the currency of the file.',
  id_tarif CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (airline, flight, source_city, departure_time, stops, arrival_time, destination_city, class, duration, days_left)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS aerien_db.trafic_passagers (
  ActivityPeriod DATE NOT NULL COMMENT 'First day of the month that is counted.',
  OperatingAirline VARCHAR(80) NOT NULL COMMENT 'Airline that operates the flights.',
  OperatingAirlineIATACode VARCHAR(3) NULL COMMENT 'IATA designator of the operating airline; some have none.',
  PublishedAirline VARCHAR(80) NOT NULL COMMENT 'Airline that sells the flights.',
  PublishedAirlineIATACode VARCHAR(3) NULL COMMENT 'IATA designator of the selling airline; some have none.',
  GEOSummary VARCHAR(13) NOT NULL COMMENT 'Whether the flights stay in the country.',
  GEORegion VARCHAR(40) NOT NULL COMMENT 'Region of the world at the other end.',
  ActivityTypeCode VARCHAR(14) NOT NULL COMMENT 'What the passengers did at the airport.',
  PriceCategoryCode VARCHAR(8) NOT NULL COMMENT 'Kind of airline by its fares.',
  Terminal VARCHAR(40) NOT NULL COMMENT 'Terminal of the airport.',
  BoardingArea VARCHAR(20) NOT NULL COMMENT 'Boarding area of the terminal.',
  PassengerCount INT NOT NULL COMMENT 'Passengers in that month. [passengers]',
  id_trafic CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (ActivityPeriod, OperatingAirline, PublishedAirline, GEOSummary, GEORegion, ActivityTypeCode, PriceCategoryCode, Terminal, BoardingArea)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS aerien_db.vols_meteo (
  aeroport VARCHAR(3) NOT NULL COMMENT 'IATA code of the airport of departure.',
  ville VARCHAR(40) NOT NULL COMMENT 'City of departure.',
  vol VARCHAR(8) NOT NULL COMMENT 'Flight number: airline designator and number.',
  compagnie VARCHAR(80) NOT NULL COMMENT 'Name of the airline.',
  destination VARCHAR(3) NOT NULL COMMENT 'IATA code of the destination.',
  date_depart DATE NOT NULL COMMENT 'Scheduled date of departure, local to the airport.',
  heure_depart VARCHAR(5) NOT NULL COMMENT 'Scheduled departure, local time of the airport.',
  depart_utc DATETIME NOT NULL COMMENT 'Scheduled departure (UTC).',
  observation DATETIME NULL COMMENT 'When the weather was observed (UTC).',
  temperature DOUBLE NULL COMMENT 'Air temperature. [°C]',
  humidite SMALLINT NULL COMMENT 'Relative humidity. [%]',
  pression DOUBLE NULL COMMENT 'Air pressure at sea level. [hPa]',
  vitesse_vent DOUBLE NULL COMMENT 'Wind speed. [km/h]',
  direction_vent SMALLINT NULL COMMENT 'Direction the wind comes from. [°]',
  conditions VARCHAR(60) NULL COMMENT 'The weather in words.',
  nuages SMALLINT NULL COMMENT 'Cloud cover. [%]',
  provenance VARCHAR(20) NULL COMMENT 'Where the weather comes from.',
  id_vol_meteo CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.',
  content_hash BIGINT NOT NULL COMMENT 'Hash of the values above.',
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.',
  PRIMARY KEY (date_depart, aeroport, vol, destination)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.batches (
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL
    COMMENT 'Digest of DAG, source key, content and the batch before it in the chain.',
  dag_id VARCHAR(250) NOT NULL,
  source_key VARCHAR(250) NOT NULL COMMENT 'Data interval, or name of a file.',
  chain_position INT NOT NULL
    COMMENT 'Number of the batch in the chain of its source key; content A, B, A is three.',
  record_type VARCHAR(64) NOT NULL,
  topic VARCHAR(249) NOT NULL,
  source_name VARCHAR(1024) NOT NULL COMMENT 'What a person calls the source: a file name, a URL.',
  request TEXT NOT NULL COMMENT 'The params that shaped the content.',
  run_id VARCHAR(250) NOT NULL COMMENT 'Run that landed it.',
  content_digest CHAR(64) CHARACTER SET ascii NOT NULL,
  directory VARCHAR(1024) NOT NULL COMMENT 'Below the landing zone.',
  rows_read BIGINT NOT NULL,
  rows_valid BIGINT NOT NULL,
  rows_duplicate BIGINT NOT NULL,
  rows_quarantined BIGINT NOT NULL,
  missing TEXT NULL COMMENT 'Parts of the source that could not be had, each with the reason.',
  landed_at DATETIME(6) NOT NULL,
  stage_order BIGINT NULL COMMENT 'Order in which deltas are decided, per record type; in us.',
  delta_file VARCHAR(255) NULL COMMENT 'The delta, in the batch''s directory.',
  rows_new BIGINT NULL,
  rows_changed BIGINT NULL,
  rows_unchanged BIGINT NULL,
  staged_at DATETIME(6) NULL COMMENT 'When the whole delta was in the store.',
  published_at DATETIME(6) NULL COMMENT 'When the whole delta was committed to the topic.',
  PRIMARY KEY (batch_id),
  UNIQUE KEY chain (dag_id, source_key, chain_position),
  UNIQUE KEY stage_order (record_type, stage_order),
  KEY unpublished (topic, published_at, stage_order)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.quarantine (
  quarantine_id CHAR(36) CHARACTER SET ascii NOT NULL
    COMMENT 'UUIDv5 of DAG, record type, original bytes and their occurrence in the batch.',
  dag_id VARCHAR(250) NOT NULL,
  record_type VARCHAR(64) NOT NULL,
  batch_id CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch in which it was last seen.',
  position BIGINT NOT NULL COMMENT 'Row or line number in its source, from 1.',
  raw LONGBLOB NOT NULL COMMENT 'The original bytes.',
  reasons TEXT NOT NULL,
  reason_kind VARCHAR(120) NOT NULL DEFAULT ''
    COMMENT 'The first of the reasons, without the value.',
  state ENUM('open', 'replayed', 'dismissed') NOT NULL DEFAULT 'open',
  first_seen DATETIME(6) NOT NULL,
  last_seen DATETIME(6) NOT NULL,
  replayed_batch_id CHAR(32) CHARACTER SET ascii NULL
    COMMENT 'Batch that it was last replayed in.',
  replayed_at DATETIME(6) NULL,
  dismissed_by VARCHAR(250) NULL COMMENT 'Who decided that it is not wanted.',
  dismissed_at DATETIME(6) NULL,
  comment VARCHAR(1000) NULL COMMENT 'Why it was dismissed.',
  PRIMARY KEY (quarantine_id),
  KEY batch (batch_id),
  KEY by_type (state, record_type, last_seen, position, dag_id),
  KEY by_time (state, last_seen, position, dag_id),
  KEY by_dag (state, dag_id, last_seen, position),
  KEY by_kind (state, dag_id, record_type, reason_kind, last_seen, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.runs (
  dag_id VARCHAR(250) NOT NULL,
  run_id VARCHAR(250) NOT NULL,
  map_index INT NOT NULL COMMENT 'Number of the file in a run over several, else -1.',
  record_type VARCHAR(64) NULL COMMENT 'NULL when the run was skipped.',
  source_name VARCHAR(1024) NULL,
  interval_start DATETIME(6) NULL,
  interval_end DATETIME(6) NULL,
  batch_id CHAR(32) CHARACTER SET ascii NULL,
  rows_read BIGINT NOT NULL,
  rows_valid BIGINT NOT NULL,
  rows_duplicate BIGINT NOT NULL,
  rows_quarantined BIGINT NOT NULL,
  rows_new BIGINT NOT NULL,
  rows_changed BIGINT NOT NULL,
  rows_unchanged BIGINT NOT NULL,
  rows_stored BIGINT NOT NULL COMMENT 'Valid rows found in the store.',
  messages_published BIGINT NOT NULL
    COMMENT 'Messages of the batch read back from the topic, or taken by the stream.',
  rows_failed BIGINT NOT NULL DEFAULT 0
    COMMENT 'Taken by the stream and refused behind it: in quarantine or in the failure queue.',
  state ENUM('reconciled', 'failed', 'skipped') NOT NULL,
  reason TEXT NULL COMMENT 'Why it failed or was skipped.',
  reconciled_at DATETIME(6) NOT NULL,
  PRIMARY KEY (dag_id, run_id, map_index),
  KEY by_time (dag_id, reconciled_at, rows_valid, rows_quarantined),
  KEY by_state (dag_id, state, reconciled_at),
  KEY by_interval (dag_id, state, interval_end)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.quotas (
  source VARCHAR(64) NOT NULL,
  period CHAR(7) CHARACTER SET ascii NOT NULL COMMENT 'Month as the API counts it: YYYY-MM, UTC.',
  allowed INT NOT NULL COMMENT 'Calls that the month has.',
  used INT NOT NULL COMMENT 'Calls that were taken; each is entered before it is made.',
  closed_at DATETIME(6) NULL COMMENT 'When the API said that no more are left.',
  closed_reason VARCHAR(500) NULL,
  PRIMARY KEY (source, period)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.quota_calls (
  source VARCHAR(64) NOT NULL,
  period CHAR(7) CHARACTER SET ascii NOT NULL,
  number INT NOT NULL COMMENT 'Number of the call in its month, from 1.',
  subject VARCHAR(250) NOT NULL COMMENT 'What was asked for.',
  run_id VARCHAR(250) NOT NULL,
  called_at DATETIME(6) NOT NULL,
  outcome VARCHAR(500) NULL COMMENT 'NULL while unknown, or when the process was killed.',
  PRIMARY KEY (source, period, number),
  KEY by_run (source, run_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.watches (
  dag_id VARCHAR(250) NOT NULL,
  watched_since DATETIME(6) NOT NULL
    COMMENT 'When the source was first seen unpaused, since it was last seen paused.',
  PRIMARY KEY (dag_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dataflow360.incidents (
  incident_id BIGINT NOT NULL AUTO_INCREMENT,
  dag_id VARCHAR(250) NOT NULL,
  kind ENUM('late', 'empty') NOT NULL,
  since DATETIME(6) NOT NULL
    COMMENT 'Late: what should have landed first. Empty: start of the interval without rows.',
  opened_at DATETIME(6) NOT NULL,
  opening TEXT NOT NULL COMMENT 'The message that it has begun.',
  opening_sent_at DATETIME(6) NULL COMMENT 'Set after it was sent: a killed run sends it again.',
  closed_at DATETIME(6) NULL,
  closing TEXT NULL
    COMMENT 'The message that it is over; NULL when the source was paused or removed instead.',
  closing_sent_at DATETIME(6) NULL COMMENT 'Set after it was sent, likewise.',
  PRIMARY KEY (incident_id),
  KEY by_source (dag_id, kind, closed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
