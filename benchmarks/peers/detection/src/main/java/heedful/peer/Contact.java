package heedful.peer;

import java.time.Duration;

/** A contact: who asked, when, and whether the first reply was given, or its absence signalled. */
public final class Contact {
    private static final long PATIENCE = Duration.ofMinutes(60).toMillis();

    public String profile;
    public long askedAt;
    public boolean answered;
    public boolean signalled;

    /** The contact after an event; null if nobody has asked yet. {@code known} is changed. */
    public static Contact after(Contact known, Event event) {
        if (known == null) {
            return event.type().equals("customer_message") ? asked(event) : null;
        }
        known.answered |= event.type().equals("human_reply");
        return known;
    }

    public boolean waits() {
        return !answered && !signalled;
    }

    /** When the first reply is overdue. */
    public long due() {
        return askedAt + PATIENCE;
    }

    private static Contact asked(Event event) {
        Contact contact = new Contact();
        contact.profile = event.profile();
        contact.askedAt = event.occurredAt();
        return contact;
    }
}
