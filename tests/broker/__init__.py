"""A real Kafka broker for tests: one KRaft process on loopback, started and ended by its pid."""
