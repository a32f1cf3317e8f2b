import com.fasterxml.jackson.databind.ObjectMapper;
import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.CommitMode;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * A peer: Confluent's parallel-consumer with key order, one request per command.
 *
 * <p>Arguments: schema file, bootstrap, topic, url, group, requests per second of each path (0: no
 * limit).
 */
public class Peer {
  static final int FRAME = 5;
  static final int CONCURRENCY = 100;
  /** Of the rate: windows of the limit and of the pace do not begin at once. */
  static final double MARGIN = 0.97;

  static final String ID_KEY = "segment_id";
  static final String SOURCE = "cordial-streams";
  static final ObjectMapper JSON = new ObjectMapper();
  static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  static final Map<String, long[]> NEXT = new ConcurrentHashMap<>();
  static final ThreadLocal<GenericDatumReader<GenericRecord>> READERS = new ThreadLocal<>();

  static Schema schema;
  static String url;
  static double rate;

  public static void main(String[] args) throws Exception {
    schema = new Schema.Parser().parse(new File(args[0]));
    url = args[3];
    rate = Double.parseDouble(args[5]);
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[1]);
    settings.put("group.id", args[4]);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    settings.put("isolation.level", "read_committed");
    String bytes = "org.apache.kafka.common.serialization.ByteArrayDeserializer";
    settings.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    settings.put("value.deserializer", bytes);
    ParallelConsumerOptions<String, byte[]> options =
        ParallelConsumerOptions.<String, byte[]>builder()
            .consumer(new KafkaConsumer<>(settings))
            .ordering(ProcessingOrder.KEY)
            .commitMode(CommitMode.PERIODIC_CONSUMER_ASYNCHRONOUS)
            .commitInterval(Duration.ofSeconds(1))
            .maxConcurrency(CONCURRENCY)
            .build();
    ParallelStreamProcessor<String, byte[]> processor =
        ParallelStreamProcessor.createEosStreamProcessor(options);
    processor.subscribe(List.of(args[2]));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> processor.close()));
    processor.poll(context -> tell(context.getSingleConsumerRecord().value()));
  }

  static void tell(byte[] value) {
    try {
      GenericDatumReader<GenericRecord> reader = READERS.get();
      if (reader == null) {
        reader = new GenericDatumReader<>(schema);
        READERS.set(reader);
      }
      var bytes = DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, null);
      for (Map.Entry<String, Object> one : requests(reader.read(null, bytes))) {
        send(one.getKey(), JSON.writeValueAsBytes(one.getValue()));
      }
    } catch (Exception error) {
      throw new RuntimeException(error);
    }
  }

  static void send(String path, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("x-api-key", "bench")
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    while (true) {
      pace(path);
      HttpResponse<Void> answer = HTTP.send(request, HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() == 202) {
        return;
      }
      Thread.sleep(1000 * Long.parseLong(answer.headers().firstValue("retry-after").orElse("1")));
    }
  }

  static void pace(String path) throws InterruptedException {
    if (rate == 0) {
      return;
    }
    long[] next = NEXT.computeIfAbsent(path, ignored -> new long[1]);
    long at;
    synchronized (next) {
      at = Math.max(System.nanoTime(), next[0]);
      next[0] = at + (long) (1e9 / (rate * MARGIN));
    }
    long wait = at - System.nanoTime();
    if (wait > 0) {
      Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
    }
  }

  /** (path, body) of each command, in the order in which they must leave. */
  static List<Map.Entry<String, Object>> requests(GenericRecord event) {
    Map<String, Object> ids = Map.of(ID_KEY, event.get("userId").toString());
    Map<String, Object> who = new LinkedHashMap<>();
    who.put("identifiers", ids);
    who.put("identifiersPriority", List.of(ID_KEY));
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("source", SOURCE);
    String type = event.get("type").toString();
    if (type.equals("identify")) {
      body.putAll(who);
      body.put("attributes", plain(event.get("traits")));
      return List.of(Map.entry("/api/upsertContact", body));
    }
    if (type.equals("group")) {
      body.put("listName", fields(event.get("traits")).get("name"));
      body.put("isAllowedToCreateLists", true);
      body.put("contacts", Map.of("identifiers", List.of(ids), "identifiersPriority", List.of(ID_KEY)));
      return List.of(Map.entry("/api/addContactsToList", body));
    }
    List<Map.Entry<String, Object>> made = new ArrayList<>();
    Map<String, Object> properties = fields(event.get("properties"));
    String name = type.equals("page") ? "pageView" : event.get("event").toString();
    String time = iso((Long) event.get("timestamp"));
    body.put("contact", who);
    if (name.equals("Product Added") || name.equals("Product Removed")) {
      Map<String, Object> item = item(properties, properties.get("n"));
      body.put("items", List.of(item));
      String action = name.equals("Product Added") ? "addProductsToCart" : "removeProductsFromCart";
      made.add(Map.entry("/api/" + action, body));
    } else if (name.equals("Order Completed")) {
      body.put("orderID", properties.get("order_id"));
      body.put("purchaseDate", time);
      body.put("status", name);
      body.put("totalAmount", properties.get("total"));
      body.put("tax", properties.get("tax"));
      List<Object> items = new ArrayList<>();
      for (Object line : (List<?>) properties.get("products")) {
        @SuppressWarnings("unchecked")
        Map<String, Object> said = (Map<String, Object>) line;
        items.add(item(said, null));
      }
      body.put("items", items);
      Map<String, Object> more = new LinkedHashMap<>();
      for (String key : List.of("tax", "currency", "n")) {
        more.put(key, properties.get(key));
      }
      body.put("properties", more);
      body.put("removeItemsFromCart", true);
      made.add(Map.entry("/api/upsertOrder", body));
    }
    Map<String, Object> contact = new LinkedHashMap<>(who);
    contact.put("canBeCreated", true);
    Map<String, Object> activity = new LinkedHashMap<>();
    activity.put("name", name);
    activity.put("time", time);
    activity.put("properties", properties);
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("source", SOURCE);
    told.put("contact", contact);
    told.put("contactActivities", List.of(activity));
    made.add(Map.entry("/api/createContactactivities", told));
    return made;
  }

  static Map<String, Object> item(Map<String, Object> line, Object n) {
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("productID", line.get("product_id"));
    item.put("sku", line.get("sku"));
    item.put("name", line.get("name"));
    item.put("category", line.get("category"));
    item.put("manufacturerName", line.get("brand"));
    item.put("itemPrice", line.get("price"));
    item.put("qty", line.get("quantity"));
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("brand", line.get("brand"));
    if (n != null) {
      more.put("n", n);
    }
    item.put("properties", more);
    return item;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> fields(Object said) {
    return (Map<String, Object>) plain(said);
  }

  static Object plain(Object value) {
    if (value instanceof GenericRecord record) {
      Map<String, Object> found = new HashMap<>();
      ((Map<?, ?>) record.get("fields")).forEach((k, v) -> found.put(k.toString(), plain(v)));
      return found;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Peer::plain).toList();
    }
    return value instanceof CharSequence text ? text.toString() : value;
  }

  static String iso(long milliseconds) {
    return DateTimeFormatter.ISO_INSTANT.format(Instant.ofEpochMilli(milliseconds));
  }
}
