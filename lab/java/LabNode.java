import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * Starts one real Elasticsearch or OpenSearch node from plain jars, without the distribution's start script, security
 * manager and bootstrap checks. Everything that differs between the products is found by reflection, so one class,
 * compiled against neither, serves both.
 *
 * usage: LabNode HOME CONFIG NODE_NAME
 *   HOME    holds modules/ and plugins/ laid out as in a distribution
 *   CONFIG  holds opensearch.yml or elasticsearch.yml
 */
public final class LabNode {

    private static final String SECURE_PREFIX = "lab.secure.";

    public static void main(String[] args) {
        try {
            run(Path.of(args[0]), Path.of(args[1]), args[2]);
        } catch (Throwable t) {
            t.printStackTrace();
            Runtime.getRuntime().halt(1); // the node's threads would keep a half-started JVM alive
        }
    }

    private static void run(Path home, Path config, String name) throws Exception {
        final Class<?> nodeClass = find("org.opensearch.node.Node", "org.elasticsearch.node.Node");
        final String root = nodeClass.getName().replace(".node.Node", "");
        final Object environment = environment(root, settings(root, home, name), config, name);
        final AutoCloseable node = (AutoCloseable) nodeClass.getConstructor(find(root + ".env.Environment")).newInstance(environment);
        final CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            } finally {
                stopped.countDown();
            }
        }, "lab-stop"));
        nodeClass.getMethod("start").invoke(node);
        stopped.await();
    }

    private static Class<?> find(String... names) throws ClassNotFoundException {
        for (String name : names) {
            try {
                return Class.forName(name);
            } catch (ClassNotFoundException e) {
                // try the next one
            }
        }
        throw new ClassNotFoundException(String.join(" or ", names));
    }

    private static Object settings(String root, Path home, String name) throws Exception {
        final Object builder = find(root + ".common.settings.Settings").getMethod("builder").invoke(null);
        final Method put = builder.getClass().getMethod("put", String.class, String.class);
        put.invoke(builder, "path.home", home.toString());
        put.invoke(builder, "node.name", name);
        secureSettings(root, builder);
        return builder.getClass().getMethod("build").invoke(builder);
    }

    /** What a real node reads from its keystore is given here as -Dlab.secure.NAME=VALUE. */
    private static void secureSettings(String root, Object builder) throws Exception {
        Object keystore = null;
        for (String property : System.getProperties().stringPropertyNames()) {
            if (property.startsWith(SECURE_PREFIX)) {
                final Class<?> wrapper = find(root + ".common.settings.KeyStoreWrapper");
                if (keystore == null) {
                    keystore = wrapper.getMethod("create").invoke(null);
                }
                final Method set = wrapper.getDeclaredMethod("setString", String.class, char[].class);
                set.setAccessible(true);
                set.invoke(keystore, property.substring(SECURE_PREFIX.length()), System.getProperty(property).toCharArray());
            }
        }
        if (keystore != null) {
            final Class<?> secureSettings = find(root + ".common.settings.SecureSettings", root + ".core.common.settings.SecureSettings");
            builder.getClass().getMethod("setSecureSettings", secureSettings).invoke(builder, keystore);
        }
    }

    /** Calls prepareEnvironment(Settings, Map, Path, Supplier) with each argument found by its type. */
    private static Object environment(String root, Object settings, Path config, String name) throws Exception {
        final Class<?> preparer = find(root + ".node.InternalSettingsPreparer");
        for (Method method : preparer.getMethods()) {
            if (method.getName().equals("prepareEnvironment") && Modifier.isStatic(method.getModifiers())) {
                final Class<?>[] types = method.getParameterTypes();
                final Object[] arguments = new Object[types.length];
                for (int i = 0; i < types.length; i++) {
                    arguments[i] = argument(types[i], settings, config, name);
                }
                return method.invoke(null, arguments);
            }
        }
        throw new IllegalStateException("no prepareEnvironment in " + preparer);
    }

    private static Object argument(Class<?> type, Object settings, Path config, String name) {
        if (type.isInstance(settings)) {
            return settings;
        } else if (type == Map.class) {
            return Map.of();
        } else if (type == Path.class) {
            return config;
        } else if (type == Supplier.class) {
            return (Supplier<String>) () -> name;
        }
        throw new IllegalStateException("prepareEnvironment wants a " + type);
    }
}
