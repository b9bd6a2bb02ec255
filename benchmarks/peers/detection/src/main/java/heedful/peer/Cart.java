package heedful.peer;

import java.util.HashMap;
import java.util.Map;

/** What is known of a visitor who has something in the cart. */
public final class Cart {
    public String openedBy;
    public String changedBy;
    public long changedAt;
    public long lastActivityAt;
    public Stage stage = Stage.CART;
    public boolean signalled;
    public Map<String, Integer> lines = new HashMap<>();

    /** The cart after an event of its visitor; null if there is none. {@code known} is changed. */
    public static Cart after(Cart known, Event event) {
        if (known == null) {
            return event.type().equals("product_added") ? opened(event) : null;
        }
        known.lastActivityAt = Math.max(known.lastActivityAt, event.occurredAt());
        switch (event.type()) {
            case "product_added" -> known.changed(event, event.quantity());
            case "product_removed" -> known.changed(event, 0);
            case "checkout_started" -> known.reached(Stage.CHECKOUT);
            case "payment_info_entered" -> known.reached(Stage.PAYMENT);
            case "order_completed" -> known.lines.clear();
            default -> { }
        }
        return known.lines.isEmpty() ? null : known;
    }

    /** When it counts as left. */
    public long due() {
        return lastActivityAt + stage.patience;
    }

    private static Cart opened(Event event) {
        Cart cart = new Cart();
        cart.openedBy = event.id();
        cart.lastActivityAt = event.occurredAt();
        cart.changed(event, event.quantity());
        return cart;
    }

    private void changed(Event event, int more) {
        if (more == 0) {
            lines.remove(event.product());
        } else {
            lines.merge(event.product(), more, Integer::sum);
        }
        changedBy = event.id();
        changedAt = event.occurredAt();
        signalled = false;
    }

    private void reached(Stage next) {
        if (next.compareTo(stage) > 0) {
            stage = next;
            signalled = false;
        }
    }
}
