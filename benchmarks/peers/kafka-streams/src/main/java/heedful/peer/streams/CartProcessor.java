package heedful.peer.streams;

import heedful.peer.Cart;
import heedful.peer.Event;
import heedful.peer.Signals;
import heedful.peer.Stage;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Keeps the carts of the visitors of a task, and says which were left. */
final class CartProcessor implements Processor<byte[], Event, byte[], byte[]> {
    static final String STORE = "carts";
    static final String CLOCK = "carts-clock";

    private final Signals signals;
    private final String[] topics;
    private Deadlines deadlines;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, Cart> carts;

    CartProcessor(Path schemas, String... topics) {
        signals = new Signals(schemas);
        this.topics = topics;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        carts = context.getStateStore(STORE);
        deadlines = new Deadlines(context.getStateStore(CLOCK), topics);
        try (KeyValueIterator<String, Cart> all = carts.all()) {
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

    private void restored(KeyValue<String, Cart> entry) {
        if (!entry.value.signalled) {
            deadlines.add(entry.value.due(), entry.key);
        }
    }

    private void happened(Event event) {
        Cart known = carts.get(event.key());
        if (known != null && !known.signalled && known.due() < event.occurredAt()) {
            signal(event.key(), known);
        }
        boolean waited = known != null && !known.signalled;
        Stage before = known == null ? null : known.stage;
        Cart cart = Cart.after(known, event);
        if (cart != null || known != null) {
            carts.put(event.key(), cart);
        }
        if (cart != null && !cart.signalled && !(waited && cart.stage == before)) {
            deadlines.add(cart.due(), event.key());
        }
    }

    private void tick() {
        deadlines.keepTime();
        signalAllDue();
    }

    private void signalAllDue() {
        for (Deadlines.Deadline due = deadlines.next(); due != null; due = deadlines.next()) {
            Cart cart = carts.get(due.key());
            if (cart == null || cart.signalled) {
                continue;
            }
            if (cart.due() > due.at()) {
                deadlines.add(cart.due(), due.key());
            } else {
                signal(due.key(), cart);
            }
        }
    }

    private void signal(String visitor, Cart cart) {
        context.forward(new Record<>(Signals.key(visitor), signals.abandoned(visitor, cart), cart.due()));
        cart.signalled = true;
        carts.put(visitor, cart);
    }
}
