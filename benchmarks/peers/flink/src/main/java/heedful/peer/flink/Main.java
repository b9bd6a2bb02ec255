package heedful.peer.flink;

import heedful.peer.Event;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Arguments: BOOTSTRAP PREFIX SCHEMAS STATE; the last two are folders. */
public final class Main {
    private static final WatermarkStrategy<Event> RECEIVED = WatermarkStrategy
            .<Event>forBoundedOutOfOrderness(Duration.ofSeconds(10))
            .withTimestampAssigner((event, before) -> event.receivedAt());

    private Main() { }

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        String prefix = arguments[1];
        String schemas = arguments[2];
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.createLocalEnvironment(1, settings(arguments[3]));
        environment.enableCheckpointing(100, CheckpointingMode.EXACTLY_ONCE);
        String carts = prefix + ".signals.abandonment";
        String contacts = prefix + ".signals.contact";
        DataStream<Signal> left =
                events(environment, source(bootstrap, prefix, schemas, ".clickstream", ".cart"), "visits")
                        .process(new CartFunction(carts, schemas));
        DataStream<Signal> overdue = events(environment, source(bootstrap, prefix, schemas, ".support"), "support")
                .process(new ContactFunction(contacts, schemas));
        left.union(overdue).sinkTo(sink(bootstrap, prefix, carts, contacts));
        environment.execute(prefix);
    }

    private static KeyedStream<Event, String> events(
            StreamExecutionEnvironment environment, KafkaSource<Event> source, String name) {
        return environment
                .fromSource(source, RECEIVED, name)
                .filter(event -> !event.isHeartbeat())
                .keyBy(Event::key);
    }

    private static KafkaSource<Event> source(String bootstrap, String prefix, String schemas, String... labels) {
        String[] topics = new String[labels.length];
        for (int number = 0; number < labels.length; number++) {
            topics[number] = prefix + labels[number];
        }
        return KafkaSource.<Event>builder()
                .setBootstrapServers(bootstrap)
                .setGroupId(prefix)
                .setTopics(topics)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
                .setDeserializer(new EventSchema(schemas))
                .build();
    }

    private static KafkaSink<Signal> sink(String bootstrap, String prefix, String... topics) {
        return KafkaSink.<Signal>builder()
                .setBootstrapServers(bootstrap)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(prefix)
                .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
                .setProperty(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "600000")
                .setProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4")
                .setRecordSerializer(new SignalSchema(topics))
                .build();
    }

    private static Configuration settings(String state) {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + state);
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        settings.set(PipelineOptions.GENERIC_TYPES, false);
        return settings;
    }
}
