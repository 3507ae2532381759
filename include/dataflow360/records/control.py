"""The tables in which the pipeline keeps account of itself, in the MySQL database dataflow360.

``batches`` holds each batch once, from landing to publication. ``quarantine`` keeps every refused
record with its original bytes. ``runs`` is the run ledger: what each run read, stored and
published, reconciled against the stores. ``quotas`` and ``quota_calls`` keep account of the calls
to APIs that allow only so many a month. ``watches`` says since when each source is expected to keep
its schedule, and ``incidents`` when it did not, and what was sent about it. All times are UTC.
"""

from __future__ import annotations

from dataflow360.names import CONTROL_DATABASE

DATABASE = CONTROL_DATABASE

BATCHES = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.batches (
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
)"""

QUARANTINE = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.quarantine (
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
)"""

RUNS = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.runs (
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
)"""

QUOTAS = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.quotas (
  source VARCHAR(64) NOT NULL,
  period CHAR(7) CHARACTER SET ascii NOT NULL COMMENT 'Month as the API counts it: YYYY-MM, UTC.',
  allowed INT NOT NULL COMMENT 'Calls that the month has.',
  used INT NOT NULL COMMENT 'Calls that were taken; each is entered before it is made.',
  closed_at DATETIME(6) NULL COMMENT 'When the API said that no more are left.',
  closed_reason VARCHAR(500) NULL,
  PRIMARY KEY (source, period)
)"""

QUOTA_CALLS = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.quota_calls (
  source VARCHAR(64) NOT NULL,
  period CHAR(7) CHARACTER SET ascii NOT NULL,
  number INT NOT NULL COMMENT 'Number of the call in its month, from 1.',
  subject VARCHAR(250) NOT NULL COMMENT 'What was asked for.',
  run_id VARCHAR(250) NOT NULL,
  called_at DATETIME(6) NOT NULL,
  outcome VARCHAR(500) NULL COMMENT 'NULL while unknown, or when the process was killed.',
  PRIMARY KEY (source, period, number),
  KEY by_run (source, run_id)
)"""

WATCHES = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.watches (
  dag_id VARCHAR(250) NOT NULL,
  watched_since DATETIME(6) NOT NULL
    COMMENT 'When the source was first seen unpaused, since it was last seen paused.',
  PRIMARY KEY (dag_id)
)"""

INCIDENTS = f"""CREATE TABLE IF NOT EXISTS {DATABASE}.incidents (
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
)"""

TABLES = (BATCHES, QUARANTINE, RUNS, QUOTAS, QUOTA_CALLS, WATCHES, INCIDENTS)
