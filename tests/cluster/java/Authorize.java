import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * Answers for Kafka's own authorizer. Lines of stdin, with tabs between the fields: `set SUPER_USERS
 * ALLOW_EVERYONE` begins a set of ACLs, `acl TYPE PATTERN NAME PRINCIPAL HOST OPERATION PERMISSION` adds one,
 * `ask PRINCIPAL ADDRESS OPERATION TYPE NAME` asks and is answered with a line
 * that begins with `= `, unlike the log.
 */
public class Authorize {
    private static Map<String, String> settings = Map.of();
    private static final Map<Uuid, StandardAcl> ACLS = new HashMap<>();
    private static StandardAuthorizer authorizer;

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new StringBuilder();
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] fields = line.split("\t", -1);
            switch (fields[0]) {
                case "set" -> {
                    settings = Map.of("super.users", fields[1], "allow.everyone.if.no.acl.found", fields[2]);
                    ACLS.clear();
                    authorizer = null;
                }
                case "acl" -> ACLS.put(Uuid.randomUuid(), acl(fields));
                default -> answers.append("= ").append(answer(fields)).append('\n');
            }
        }
        System.out.print(answers);
    }

    private static StandardAcl acl(String[] fields) {
        return new StandardAcl(
            ResourceType.valueOf(fields[1]), fields[3], PatternType.valueOf(fields[2]), fields[4], fields[5],
            AclOperation.valueOf(fields[6]), AclPermissionType.valueOf(fields[7]));
    }

    private static String answer(String[] fields) throws Exception {
        if (authorizer == null) {
            authorizer = new StandardAuthorizer();
            authorizer.configure(settings);
            measure(authorizer);
            authorizer.loadSnapshot(ACLS);
            authorizer.completeInitialLoad();
        }
        int colon = fields[1].indexOf(':');
        var principal = new KafkaPrincipal(fields[1].substring(0, colon), fields[1].substring(colon + 1));
        var address = InetAddress.getByName(fields[2]);
        var context = (AuthorizableRequestContext) Proxy.newProxyInstance(
            Authorize.class.getClassLoader(),
            new Class<?>[] {AuthorizableRequestContext.class},
            (proxy, method, none) -> switch (method.getName()) {
                case "principal" -> principal;
                case "clientAddress" -> address;
                case "requestType", "requestVersion", "correlationId" -> 0;
                default -> null;
            });
        var resource = new ResourcePattern(ResourceType.valueOf(fields[4]), fields[5], PatternType.LITERAL);
        var action = new Action(AclOperation.valueOf(fields[3]), resource, 1, false, false);
        try {
            return authorizer.authorize(context, List.of(action)).get(0).name();
        } catch (RuntimeException error) {
            return error.toString();
        }
    }

    /** From Kafka 4.1 on, an authorizer counts its answers. */
    private static void measure(StandardAuthorizer authorizer) throws Exception {
        for (var method : StandardAuthorizer.class.getMethods()) {
            if (method.getName().equals("withPluginMetrics")) {
                var metrics = Class.forName("org.apache.kafka.common.metrics.internals.PluginMetricsImpl");
                var plugin = metrics.getConstructor(Metrics.class, Map.class).newInstance(new Metrics(), Map.of());
                method.invoke(authorizer, plugin);
            }
        }
    }
}
