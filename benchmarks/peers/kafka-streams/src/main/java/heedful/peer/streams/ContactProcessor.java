package heedful.peer.streams;

import heedful.peer.Contact;
import heedful.peer.Event;
import heedful.peer.Signals;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Keeps the contacts of a task, and says whose first reply is overdue. */
final class ContactProcessor implements Processor<byte[], Event, byte[], byte[]> {
    static final String STORE = "contacts";
    static final String CLOCK = "contacts-clock";

    private final Signals signals;
    private final String[] topics;
    private Deadlines deadlines;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, Contact> contacts;

    ContactProcessor(Path schemas, String... topics) {
        signals = new Signals(schemas);
        this.topics = topics;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        contacts = context.getStateStore(STORE);
        deadlines = new Deadlines(context.getStateStore(CLOCK), topics);
        try (KeyValueIterator<String, Contact> all = contacts.all()) {
            all.forEachRemaining(this::restored);
        }
        context.schedule(Duration.ofMillis(100), PunctuationType.WALL_CLOCK_TIME, now -> tick());
    }

    @Override
    public void process(Record<byte[], Event> record) {
        Event event = record.value();
        deadlines.heard(context.recordMetadata().orElseThrow(), event.receivedAt());
        if (!event.isHeartbeat()) {
            happened(event);
        }
    }

    private void restored(KeyValue<String, Contact> entry) {
        if (entry.value.waits()) {
            deadlines.add(entry.value.due(), entry.key);
        }
    }

    private void happened(Event event) {
        Contact known = contacts.get(event.key());
        if (known != null && known.waits() && known.due() < event.occurredAt()) {
            signal(event.key(), known);
        }
        Contact contact = Contact.after(known, event);
        if (contact != null) {
            contacts.put(event.key(), contact);
        }
        if (contact != null && known == null) {
            deadlines.add(contact.due(), event.key());
        }
    }

    private void tick() {
        deadlines.keepTime();
        signalAllDue();
    }

    private void signalAllDue() {
        for (Deadlines.Deadline due = deadlines.next(); due != null; due = deadlines.next()) {
            Contact contact = contacts.get(due.key());
            if (contact.waits()) {
                signal(due.key(), contact);
            }
        }
    }

    private void signal(String id, Contact contact) {
        context.forward(new Record<>(Signals.key(contact.profile), signals.overdue(id, contact), contact.due()));
        contact.signalled = true;
        contacts.put(id, contact);
    }
}
