package heedful.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Confluent's wire format: a zero byte, the schema's id in four bytes, the Avro body. For one thread. */
public final class Wire {
    private static final int FRAME = 5;
    private static final Set<String> NEEDED = Set.of(
            "event_id", "visitor_id", "profile_id", "contact_id", "type", "kind", "product_id", "quantity",
            "occurred_at", "received_at");

    private final Map<Integer, Schema> schemas;
    private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private BinaryDecoder decoder;
    private GenericRecord reused;
    private int reusedOf;

    /** Schemas are files named SUBJECT@ID.avsc. */
    public Wire(Path folder) {
        schemas = new HashMap<>();
        named(folder).forEach((name, schema) -> schemas.put(idIn(name), schema));
    }

    /** The schemas of a folder by file name, without the ending. */
    static Map<String, Schema> named(Path folder) {
        Map<String, Schema> found = new HashMap<>();
        try (var files = Files.newDirectoryStream(folder, "*.avsc")) {
            for (Path file : files) {
                String name = file.getFileName().toString().replaceFirst("\\.avsc$", "");
                found.put(name, new Schema.Parser().parse(file.toFile()));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return found;
    }

    static int idIn(String name) {
        return Integer.parseInt(name.substring(name.indexOf('@') + 1));
    }

    public Event read(byte[] value) {
        int id = ByteBuffer.wrap(value).getInt(1);
        GenericDatumReader<GenericRecord> reader = readers.computeIfAbsent(id, this::reader);
        decoder = DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, decoder);
        try {
            reused = reader.read(reusedOf == id ? reused : null, decoder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        reusedOf = id;
        return event(reused);
    }

    private static Event event(GenericRecord record) {
        if (!record.hasField("event_id")) {
            return new Event(null, null, null, null, null, 0, 0, (Long) record.get("received_at"));
        }
        boolean support = record.hasField("contact_id");
        boolean cart = record.hasField("quantity");
        return new Event(
                record.get("event_id").toString(),
                record.get(support ? "contact_id" : "visitor_id").toString(),
                support ? record.get("profile_id").toString() : null,
                record.get(support ? "kind" : "type").toString(),
                cart && record.get("product_id") != null ? record.get("product_id").toString() : null,
                cart && record.get("quantity") != null ? ((Number) record.get("quantity")).intValue() : 0,
                (Long) record.get("occurred_at"),
                (Long) record.get("received_at"));
    }

    /** Reads what is needed and skips the rest. */
    private GenericDatumReader<GenericRecord> reader(int id) {
        Schema writer = schemas.get(id);
        List<Schema.Field> fields = new ArrayList<>();
        for (Schema.Field field : writer.getFields()) {
            if (NEEDED.contains(field.name())) {
                fields.add(new Schema.Field(field, field.schema()));
            }
        }
        Schema needed = Schema.createRecord(writer.getName(), null, writer.getNamespace(), false, fields);
        return new GenericDatumReader<>(writer, needed);
    }
}
