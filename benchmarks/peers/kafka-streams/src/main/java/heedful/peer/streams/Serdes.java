package heedful.peer.streams;

import heedful.peer.Cart;
import heedful.peer.Contact;
import heedful.peer.Event;
import heedful.peer.Stage;
import heedful.peer.Wire;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes.LongSerde;
import org.apache.kafka.common.serialization.Serdes.StringSerde;
import org.apache.kafka.common.serialization.Serdes.WrapperSerde;
import org.apache.kafka.common.serialization.Serializer;

/** How events are read, and how states stand in stores and changelogs. */
final class Serdes {
    private Serdes() { }

    static Deserializer<Event> events(Path schemas) {
        Wire wire = new Wire(schemas);
        return (topic, value) -> wire.read(value);
    }

    static Serde<String> keys() {
        return new StringSerde();
    }

    static Serde<Long> times() {
        return new LongSerde();
    }

    static Serde<Cart> carts() {
        return serde(Serdes::write, Serdes::cart);
    }

    static Serde<Contact> contacts() {
        return serde(Serdes::write, Serdes::contact);
    }

    private static void write(Cart cart, DataOutputStream out) throws IOException {
        out.writeUTF(cart.openedBy);
        out.writeUTF(cart.changedBy);
        out.writeLong(cart.changedAt);
        out.writeLong(cart.lastActivityAt);
        out.writeByte(cart.stage.ordinal());
        out.writeBoolean(cart.signalled);
        out.writeShort(cart.lines.size());
        for (var line : cart.lines.entrySet()) {
            out.writeUTF(line.getKey());
            out.writeInt(line.getValue());
        }
    }

    private static Cart cart(DataInputStream in) throws IOException {
        Cart cart = new Cart();
        cart.openedBy = in.readUTF();
        cart.changedBy = in.readUTF();
        cart.changedAt = in.readLong();
        cart.lastActivityAt = in.readLong();
        cart.stage = Stage.values()[in.readByte()];
        cart.signalled = in.readBoolean();
        for (int left = in.readShort(); left > 0; left--) {
            cart.lines.put(in.readUTF(), in.readInt());
        }
        return cart;
    }

    private static void write(Contact contact, DataOutputStream out) throws IOException {
        out.writeUTF(contact.profile);
        out.writeLong(contact.askedAt);
        out.writeBoolean(contact.answered);
        out.writeBoolean(contact.signalled);
    }

    private static Contact contact(DataInputStream in) throws IOException {
        Contact contact = new Contact();
        contact.profile = in.readUTF();
        contact.askedAt = in.readLong();
        contact.answered = in.readBoolean();
        contact.signalled = in.readBoolean();
        return contact;
    }

    private interface Writer<T> {
        void write(T state, DataOutputStream out) throws IOException;
    }

    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private static <T> Serde<T> serde(Writer<T> writer, Reader<T> reader) {
        Serializer<T> serializer = (topic, state) -> state == null ? null : bytes(writer, state);
        Deserializer<T> deserializer = (topic, bytes) -> bytes == null ? null : state(reader, bytes);
        return new WrapperSerde<>(serializer, deserializer);
    }

    private static <T> byte[] bytes(Writer<T> writer, T state) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        try {
            writer.write(state, new DataOutputStream(out));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return out.toByteArray();
    }

    private static <T> T state(Reader<T> reader, byte[] bytes) {
        try {
            return reader.read(new DataInputStream(new ByteArrayInputStream(bytes)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
