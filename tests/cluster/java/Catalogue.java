import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What one version of Kafka says about the keys of topics and of brokers, as JSON in a file.
 *
 * <p>{@code topic} and {@code broker} come from Kafka's own classes (LogConfig, KafkaConfig,
 * DynamicBrokerConfig, ServerTopicConfigSynonyms), {@code reported} is what a running broker answers
 * to DescribeConfigs. Arguments: the broker's {@code host:port}, its id, the file.
 */
public final class Catalogue {
    private static final StringBuilder OUT = new StringBuilder();

    public static void main(String[] arguments) throws Exception {
        OUT.append("{\"topic\":");
        topics();
        OUT.append(",\"broker\":");
        brokers();
        OUT.append(",\"reported\":");
        reported(arguments[0], arguments[1]);
        OUT.append("}");
        Files.writeString(Path.of(arguments[2]), OUT);
    }

    @SuppressWarnings("unchecked")
    private static void topics() throws Exception {
        Class<?> logConfig = Class.forName("org.apache.kafka.storage.internals.log.LogConfig");
        ConfigDef definition = (ConfigDef) call(logConfig, "configDefCopy");
        Class<?> synonyms = Class.forName("org.apache.kafka.server.config.ServerTopicConfigSynonyms");
        Map<String, List<Object>> all =
            (Map<String, List<Object>>) synonyms.getField("ALL_TOPIC_CONFIG_SYNONYMS").get(null);
        Map<String, Object> extra = new TreeMap<>();
        for (Map.Entry<String, List<Object>> entry : all.entrySet()) {
            List<String> names = new ArrayList<>();
            for (Object synonym : entry.getValue()) {
                names.add((String) synonym.getClass().getMethod("name").invoke(synonym));
            }
            extra.put(entry.getKey(), names);
        }
        keys(definition, "synonyms", extra);
    }

    @SuppressWarnings("unchecked")
    private static void brokers() throws Exception {
        ConfigDef definition = (ConfigDef) call(Class.forName("kafka.server.KafkaConfig"), "configDef");
        Class<?> dynamic = any(
            "org.apache.kafka.server.config.DynamicBrokerConfig", "kafka.server.DynamicBrokerConfig");
        Map<String, Object> modes = new TreeMap<>((Map<String, Object>) call(dynamic, "dynamicConfigUpdateModes"));
        // The throttles of replication are no part of KafkaConfig: they are dynamic only.
        Class<?> quotas = any(
            "org.apache.kafka.server.config.QuotaConfig", "org.apache.kafka.server.config.QuotaConfigs");
        ConfigDef throttles = (ConfigDef) call(quotas, "brokerQuotaConfigs");
        ConfigDef whole = new ConfigDef(definition);
        throttles.configKeys().values().forEach(whole::define);
        keys(whole, "mode", modes);
    }

    private static void keys(ConfigDef definition, String field, Map<String, Object> extra) {
        OUT.append("[");
        boolean first = true;
        for (ConfigDef.ConfigKey key : new TreeMap<>(definition.configKeys()).values()) {
            if (key.internalConfig) {
                continue;
            }
            OUT.append(first ? "\n" : ",\n");
            first = false;
            OUT.append("{\"name\":").append(text(key.name));
            OUT.append(",\"type\":").append(text(key.type.name()));
            OUT.append(",\"default\":").append(defaultOf(key));
            OUT.append(",\"valid\":").append(text(key.validator == null ? null : key.validator.toString()));
            OUT.append(",\"documentation\":").append(text(key.documentation));
            OUT.append(",\"").append(field).append("\":").append(json(extra.get(key.name))).append("}");
        }
        OUT.append("]");
    }

    private static String defaultOf(ConfigDef.ConfigKey key) {
        if (!key.hasDefault() || key.defaultValue == null || key.type == ConfigDef.Type.PASSWORD) {
            return "null";
        }
        return text(ConfigDef.convertToString(key.defaultValue, key.type));
    }

    private static void reported(String bootstrap, String broker) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        try (Admin admin = Admin.create(properties)) {
            String topic = "catalogue-" + System.nanoTime();
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            OUT.append("{\"topic\":");
            entries(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic));
            OUT.append(",\"broker\":");
            entries(admin, new ConfigResource(ConfigResource.Type.BROKER, broker));
            OUT.append("}");
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    private static void entries(Admin admin, ConfigResource resource) throws Exception {
        OUT.append(describe(admin, resource).entries().stream().map(entry ->
            "{\"name\":" + text(entry.name())
                + ",\"type\":" + text(entry.type().name())
                + ",\"readOnly\":" + entry.isReadOnly()
                + ",\"documentation\":" + text(entry.documentation()) + "}").collect(Collectors.joining(",\n", "[", "]")));
    }

    /** A topic may take a moment until the broker shows it. */
    private static Config describe(Admin admin, ConfigResource resource) throws Exception {
        DescribeConfigsOptions options = new DescribeConfigsOptions().includeDocumentation(true);
        for (int left = 100; ; left--) {
            try {
                return admin.describeConfigs(List.of(resource), options).all().get().get(resource);
            } catch (ExecutionException failed) {
                if (left == 0 || !(failed.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw failed;
                }
                Thread.sleep(100);
            }
        }
    }

    private static Class<?> any(String first, String second) throws ClassNotFoundException {
        try {
            return Class.forName(first);
        } catch (ClassNotFoundException absent) {
            return Class.forName(second);
        }
    }

    /** Calls a static method, or what Scala makes of one where Java sees none. */
    private static Object call(Class<?> type, String name) throws Exception {
        try {
            return type.getMethod(name).invoke(null);
        } catch (NoSuchMethodException inScala) {
            Class<?> module = Class.forName(type.getName() + "$");
            return module.getMethod(name).invoke(module.getField("MODULE$").get(null));
        }
    }

    private static String json(Object value) {
        if (value instanceof Collection<?> items) {
            return items.stream().map(Catalogue::json).collect(Collectors.joining(",", "[", "]"));
        }
        return text((String) value);
    }

    private static String text(String value) {
        if (value == null) {
            return "null";
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
