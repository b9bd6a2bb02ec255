package heedful.peer.flink;

import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** How signals are written. The sink must know their topics beforehand to reuse its transactional ids. */
final class SignalSchema implements KafkaRecordSerializationSchema<Signal>, KafkaDatasetFacetProvider {
    private final List<String> topics;

    SignalSchema(String... topics) {
        this.topics = List.of(topics);
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Signal signal, KafkaSinkContext context, Long at) {
        return new ProducerRecord<>(signal.topic(), signal.key(), signal.value());
    }

    @Override
    public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
        var named = DefaultKafkaDatasetIdentifier.ofTopics(topics);
        return Optional.of(new DefaultKafkaDatasetFacet(named, new Properties()));
    }
}
