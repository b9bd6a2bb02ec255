package heedful.peer;

import java.time.Duration;

/** How far a visitor went, and how long silence may last there. */
public enum Stage {
    CART("cart", Duration.ofMinutes(60)),
    CHECKOUT("checkout", Duration.ofMinutes(30)),
    PAYMENT("payment", Duration.ofMinutes(10));

    public final String symbol;
    public final long patience;

    Stage(String symbol, Duration patience) {
        this.symbol = symbol;
        this.patience = patience.toMillis();
    }
}
