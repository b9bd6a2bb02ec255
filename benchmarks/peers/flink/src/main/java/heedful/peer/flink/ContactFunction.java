package heedful.peer.flink;

import heedful.peer.Contact;
import heedful.peer.Event;
import heedful.peer.Signals;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Keeps a contact, and says whether its first reply is overdue. */
final class ContactFunction extends KeyedProcessFunction<String, Event, Signal> {
    private final String topic;
    private final String schemas;
    private transient Signals signals;
    private transient ValueState<Contact> contacts;

    ContactFunction(String topic, String schemas) {
        this.topic = topic;
        this.schemas = schemas;
    }

    @Override
    public void open(OpenContext context) {
        signals = new Signals(Path.of(schemas));
        contacts = getRuntimeContext().getState(new ValueStateDescriptor<>("contact", Contact.class));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Signal> out) throws Exception {
        Contact known = contacts.value();
        if (known != null && known.waits() && known.due() < event.occurredAt()) {
            signal(event.key(), known, out);
        }
        Contact contact = Contact.after(known, event);
        if (contact != null) {
            contacts.update(contact);
        }
        if (contact != null && known == null) {
            context.timerService().registerEventTimeTimer(contact.due());
        }
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Signal> out) throws Exception {
        Contact contact = contacts.value();
        if (contact.waits()) {
            signal(context.getCurrentKey(), contact, out);
        }
    }

    private void signal(String id, Contact contact, Collector<Signal> out) throws Exception {
        out.collect(new Signal(topic, Signals.key(contact.profile), signals.overdue(id, contact)));
        contact.signalled = true;
        contacts.update(contact);
    }
}
