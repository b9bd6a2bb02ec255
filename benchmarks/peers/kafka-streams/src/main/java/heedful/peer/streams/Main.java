package heedful.peer.streams;

import heedful.peer.Event;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Arguments: BOOTSTRAP PREFIX SCHEMAS STATE; the last two are folders. */
public final class Main {
    private static final TimestampExtractor RECEIVED =
            (record, before) -> ((Event) record.value()).receivedAt();

    private Main() { }

    public static void main(String[] arguments) throws InterruptedException {
        String prefix = arguments[1];
        KafkaStreams streams = new KafkaStreams(
                topology(prefix, Path.of(arguments[2])), settings(arguments[0], prefix, arguments[3]));
        CountDownLatch ended = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR) {
                System.exit(1);
            }
        });
        streams.start();
        ended.await();
    }

    private static Topology topology(String prefix, Path schemas) {
        String clicks = prefix + ".clickstream";
        String carts = prefix + ".cart";
        String support = prefix + ".support";
        Topology topology = new Topology();
        source(topology, "visits", schemas, clicks, carts);
        topology.addProcessor("carts", () -> new CartProcessor(schemas, clicks, carts), "visits");
        topology.addStateStore(store(CartProcessor.STORE, Serdes.carts()), "carts");
        topology.addStateStore(store(CartProcessor.CLOCK, Serdes.times()), "carts");
        sink(topology, prefix + ".signals.abandonment", "carts");
        source(topology, "support", schemas, support);
        topology.addProcessor("contacts", () -> new ContactProcessor(schemas, support), "support");
        topology.addStateStore(store(ContactProcessor.STORE, Serdes.contacts()), "contacts");
        topology.addStateStore(store(ContactProcessor.CLOCK, Serdes.times()), "contacts");
        sink(topology, prefix + ".signals.contact", "contacts");
        return topology;
    }

    private static void source(Topology topology, String name, Path schemas, String... topics) {
        topology.addSource(
                AutoOffsetReset.earliest(), name, RECEIVED, new ByteArrayDeserializer(), Serdes.events(schemas), topics);
    }

    private static void sink(Topology topology, String topic, String from) {
        topology.addSink(topic, topic, new ByteArraySerializer(), new ByteArraySerializer(), from);
    }

    private static <T> StoreBuilder<KeyValueStore<String, T>> store(String name, Serde<T> states) {
        return Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(name), Serdes.keys(), states);
    }

    private static Properties settings(String bootstrap, String prefix, String state) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        return settings;
    }
}
