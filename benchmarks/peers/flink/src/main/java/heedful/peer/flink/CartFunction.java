package heedful.peer.flink;

import heedful.peer.Cart;
import heedful.peer.Event;
import heedful.peer.Signals;
import heedful.peer.Stage;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Keeps the cart of a visitor, and says whether it was left. */
final class CartFunction extends KeyedProcessFunction<String, Event, Signal> {
    private final String topic;
    private final String schemas;
    private transient Signals signals;
    private transient ValueState<Cart> carts;

    CartFunction(String topic, String schemas) {
        this.topic = topic;
        this.schemas = schemas;
    }

    @Override
    public void open(OpenContext context) {
        signals = new Signals(Path.of(schemas));
        carts = getRuntimeContext().getState(new ValueStateDescriptor<>("cart", Cart.class));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Signal> out) throws Exception {
        Cart known = carts.value();
        if (known != null && !known.signalled && known.due() < event.occurredAt()) {
            signal(event.key(), known, out);
        }
        boolean waited = known != null && !known.signalled;
        Stage before = known == null ? null : known.stage;
        Cart cart = Cart.after(known, event);
        if (cart != null || known != null) {
            carts.update(cart);
        }
        if (cart != null && !cart.signalled && !(waited && cart.stage == before)) {
            context.timerService().registerEventTimeTimer(cart.due());
        }
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Signal> out) throws Exception {
        Cart cart = carts.value();
        if (cart == null || cart.signalled) {
            return;
        }
        if (cart.due() > at) {
            context.timerService().registerEventTimeTimer(cart.due());
        } else {
            signal(context.getCurrentKey(), cart, out);
        }
    }

    private void signal(String visitor, Cart cart, Collector<Signal> out) throws Exception {
        out.collect(new Signal(topic, Signals.key(visitor), signals.abandoned(visitor, cart)));
        cart.signalled = true;
        carts.update(cart);
    }
}
