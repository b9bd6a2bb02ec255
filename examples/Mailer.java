// What a mailer in Java does with cx.outreach.email: obey each request, and each call-back of one, once.
// Needs org.apache.kafka:kafka-clients and org.apache.avro:avro. java -cp 'jars/*' Mailer.java BOOTSTRAP TOPIC REGISTRY
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.*;
import org.apache.avro.Schema;
import org.apache.avro.generic.*;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.*;

public class Mailer {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final Map<Integer, Schema> SCHEMAS = new HashMap<>();

    static Schema schema(String registry, int id) throws Exception {
        if (!SCHEMAS.containsKey(id)) {
            var asked = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
            var answer = HTTP.send(asked, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) throw new IllegalStateException(answer.body());
            String text = new ObjectMapper().readTree(answer.body()).get("schema").asText();
            SCHEMAS.put(id, new Schema.Parser().parse(text));
        }
        return SCHEMAS.get(id);
    }

    static GenericRecord decode(byte[] value, String registry) throws Exception {
        var bytes = ByteBuffer.wrap(value);
        if (bytes.get() != 0) throw new IllegalArgumentException("not framed");
        var reader = new GenericDatumReader<GenericRecord>(schema(registry, bytes.getInt()));
        return reader.read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
    }

    public static void main(String[] words) throws Exception {
        var settings = new HashMap<String, Object>();
        settings.put("bootstrap.servers", words[0]);
        settings.put("group.id", "mailer-in-java");
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");  // or you will send what was never decided
        settings.put("enable.auto.commit", false);
        var seen = new HashSet<String>();  // in your database
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<byte[], byte[]>(settings, bytes, bytes)) {
            consumer.subscribe(List.of(words[1]));
            while (true) {
                for (var message : consumer.poll(Duration.ofSeconds(1))) {
                    var outreach = decode(message.value(), words[2]);
                    if (seen.add(outreach.get("event_id").toString())) {
                        // send, or call it back
                        System.out.printf("%s %s %s%n", outreach.get("action"), outreach.get("outreach_id"), outreach.get("profile_id"));
                    }
                }
                consumer.commitSync();
            }
        }
    }
}
