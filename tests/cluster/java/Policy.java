import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** Wants names that begin with a team. An agent too, because that puts its jar on the class path. */
public class Policy implements CreateTopicPolicy {
    public static void premain(String arguments) {}

    @Override
    public void configure(Map<String, ?> configs) {}

    @Override
    public void validate(RequestMetadata request) {
        if (!request.topic().startsWith("team.")) {
            throw new PolicyViolationException("names begin with a team, as in team." + request.topic());
        }
    }

    @Override
    public void close() {}
}
