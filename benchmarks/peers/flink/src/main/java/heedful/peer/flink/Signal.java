package heedful.peer.flink;

/** A signal on its way to its topic. */
public record Signal(String topic, byte[] key, byte[] value) { }
