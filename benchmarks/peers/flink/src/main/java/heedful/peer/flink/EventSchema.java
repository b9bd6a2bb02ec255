package heedful.peer.flink;

import heedful.peer.Event;
import heedful.peer.Wire;
import java.nio.file.Path;
import org.apache.flink.api.common.serialization.DeserializationSchema.InitializationContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How events are read. */
final class EventSchema implements KafkaRecordDeserializationSchema<Event> {
    private final String schemas;
    private transient Wire wire;

    EventSchema(String schemas) {
        this.schemas = schemas;
    }

    @Override
    public void open(InitializationContext context) {
        wire = new Wire(Path.of(schemas));
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
        out.collect(wire.read(record.value()));
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return TypeInformation.of(Event.class);
    }
}
