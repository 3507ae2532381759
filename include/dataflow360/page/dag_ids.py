"""The DAGs that the page knows by name."""

#: Replays and dismisses; who may start it may do so on the page.
REPLAY_DAG = "replay_quarantine"
#: Feeds Kinesis.
STREAM_DAG = "openweather_to_kinesis"
