package heedful.peer.streams;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What is due in one task, and how far its time has come: as far as the slowest of its topics. What is due isn't
 * stored: a store of states that was restored is read once to fill the queue. The time is, or a task that moves
 * would stand still until every topic brings something new.
 */
final class Deadlines {
    private static final long LATENESS = 10_000;

    record Deadline(long at, String key) { }

    private final PriorityQueue<Deadline> queue = new PriorityQueue<>(Comparator.comparingLong(Deadline::at));
    private final Map<String, Long> received = new HashMap<>();
    private final KeyValueStore<String, Long> clock;

    Deadlines(KeyValueStore<String, Long> clock, String... topics) {
        this.clock = clock;
        for (String topic : topics) {
            Long known = clock.get(topic);
            received.put(topic, known == null ? 0L : known);
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
        long now = received.values().stream().mapToLong(Long::longValue).min().orElseThrow() - LATENESS;
        return queue.isEmpty() || queue.peek().at() >= now ? null : queue.poll();
    }

    /** Remember how far the time has come. */
    void keepTime() {
        received.forEach((topic, at) -> {
            if (!at.equals(clock.get(topic))) {
                clock.put(topic, at);
            }
        });
    }
}
