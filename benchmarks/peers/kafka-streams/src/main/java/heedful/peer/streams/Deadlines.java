package heedful.peer.streams;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * What is due in one task, and how far its time has come: as far as the slowest of its topics. Not stored: a store
 * that was restored is read once to fill it.
 */
final class Deadlines {
    private static final long LATENESS = 10_000;

    record Deadline(long at, String key) { }

    private final PriorityQueue<Deadline> queue =
            new PriorityQueue<>((one, other) -> Long.compare(one.at(), other.at()));
    private final Map<String, Long> received = new HashMap<>();

    Deadlines(String... topics) {
        for (String topic : topics) {
            received.put(topic, 0L);
        }
    }

    void heard(RecordMetadata metadata, long receivedAt) {
        received.merge(metadata.topic(), receivedAt, Math::max);
    }

    void add(long at, String key) {
        queue.add(new Deadline(at, key));
    }

    /** The earliest of what became due; null if nothing did. */
    Deadline next() {
        long clock = received.values().stream().mapToLong(Long::longValue).min().orElseThrow() - LATENESS;
        return queue.isEmpty() || queue.peek().at() >= clock ? null : queue.poll();
    }
}
