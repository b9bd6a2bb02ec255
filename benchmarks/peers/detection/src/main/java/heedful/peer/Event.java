package heedful.peer;

/**
 * What a detector needs to know of one record of an input. The key is the visitor, or of support the contact; a
 * heartbeat has none and tells only the time. Times are milliseconds.
 */
public record Event(
        String id,
        String key,
        String profile,
        String type,
        String product,
        int quantity,
        long occurredAt,
        long receivedAt) {

    public boolean isHeartbeat() {
        return key == null;
    }
}
