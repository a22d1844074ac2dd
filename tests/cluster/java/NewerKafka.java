import java.lang.reflect.Field;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.server.config.AbstractKafkaConfig;

/**
 * A Kafka that is newer than tonkafka's catalogue: the real one, with keys that no catalogue has, put
 * into its own definitions before it starts. Arguments: those of {@code kafka.Kafka}.
 */
public final class NewerKafka {
    public static void main(String[] arguments) throws Exception {
        ConfigDef topics = (ConfigDef) field("org.apache.kafka.storage.internals.log.LogConfig", "CONFIG");
        topics.define("newer.list", Type.LIST, "a,b", Importance.LOW, "A list of topics.");
        topics.define("newer.ms", Type.LONG, 5000L, Importance.LOW, "A time of topics.");
        AbstractKafkaConfig.CONFIG_DEF.define(
            "newer.broker.enable", Type.BOOLEAN, false, Importance.LOW, "A switch of brokers.");
        kafka.Kafka.main(arguments);
    }

    private static Object field(String type, String name) throws Exception {
        Field field = Class.forName(type).getDeclaredField(name);
        field.setAccessible(true);
        return field.get(null);
    }
}
