package heedful.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Signals in the form of heedful's contracts, in Confluent's wire format. For one thread. */
public final class Signals {
    private final Form abandoned;
    private final Form overdue;
    private BinaryEncoder encoder;

    /** One kind of signal: its schema and the schema's id. */
    private record Form(int id, Schema schema) {
        static Form of(String subject, Map<String, Schema> schemas) {
            for (var entry : schemas.entrySet()) {
                if (entry.getKey().startsWith(subject + "@")) {
                    return new Form(Wire.idIn(entry.getKey()), entry.getValue());
                }
            }
            throw new IllegalArgumentException("no schema of " + subject);
        }

        GenericRecordBuilder signal(String kind) {
            return new GenericRecordBuilder(schema).set("kind", symbol("kind", kind)).set("rules_version", "peer");
        }

        Object symbol(String field, String symbol) {
            return new GenericData.EnumSymbol(schema.getField(field).schema(), symbol);
        }
    }

    /** Schemas are files named SUBJECT@ID.avsc. */
    public Signals(Path folder) {
        Map<String, Schema> schemas = Wire.named(folder);
        abandoned = Form.of("cx.signals.abandonment-value", schemas);
        overdue = Form.of("cx.signals.contact-value", schemas);
    }

    /** The visitor left the cart. */
    public byte[] abandoned(String visitor, Cart cart) {
        return bytes(abandoned, abandoned.signal("abandoned")
                .set("event_id", id("abandoned", cart.changedBy, cart.stage.symbol))
                .set("profile_id", visitor)
                .set("visitor_id", visitor)
                .set("stage", abandoned.symbol("stage", cart.stage.symbol))
                .set("occurred_at", cart.due())
                .set("processed_at", cart.due())
                .set("cart_id", cart.openedBy)
                .set("opened_by", cart.openedBy)
                .set("changed_by", cart.changedBy)
                .set("changed_at", cart.changedAt)
                .set("last_activity_at", cart.lastActivityAt)
                .build());
    }

    /** The contact's first reply is overdue. */
    public byte[] overdue(String id, Contact contact) {
        return bytes(overdue, overdue.signal("breached")
                .set("event_id", id("breached", id))
                .set("profile_id", contact.profile)
                .set("contact_id", id)
                .set("clock", "first_reply")
                .set("occurred_at", contact.due())
                .set("processed_at", contact.due())
                .set("started_at", contact.askedAt)
                .set("due_at", contact.due())
                .set("elapsed_ms", contact.due() - contact.askedAt)
                .build());
    }

    public static byte[] key(String entity) {
        return ("main/" + entity).getBytes(StandardCharsets.UTF_8);
    }

    private static String id(String... parts) {
        return UUID.nameUUIDFromBytes(String.join("/", parts).getBytes(StandardCharsets.UTF_8)).toString();
    }

    private byte[] bytes(Form form, GenericRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(form.id()).array());
        encoder = EncoderFactory.get().binaryEncoder(out, encoder);
        try {
            new GenericDatumWriter<GenericRecord>(form.schema()).write(record, encoder);
            encoder.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return out.toByteArray();
    }
}
