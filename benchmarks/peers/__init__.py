"""heedful's two kernels against other engines on one Apache Kafka broker (``make bench-peers``)."""
