"""Where changes are published: Kafka."""
