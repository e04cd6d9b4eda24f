import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * Starts one real Elasticsearch or OpenSearch node from plain jars, without the distribution's start script, security
 * manager and bootstrap checks. Everything that differs between the products and their versions (Elasticsearch 5 to 9,
 * OpenSearch 1 to 3) is found by reflection, so one class, compiled against none of them, serves all.
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
        logging(root);
        final Object environment = environment(root, settings(root, home, config, name), config, name);
        final AutoCloseable node = node(nodeClass, environment);
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

    /** From Elasticsearch 8 on the libraries log through a provider that the start script's main class sets. */
    private static void logging(String root) throws Exception {
        final Class<?> configurator = find(root + ".common.logging.LogConfigurator");
        for (Method method : configurator.getMethods()) {
            if (method.getName().equals("configureESLogging")) {
                method.invoke(null);
            }
        }
    }

    /** Calls Node(Environment), or Node(Environment, PluginsLoader) of Elasticsearch 8.17 and up. */
    private static AutoCloseable node(Class<?> nodeClass, Object environment) throws Exception {
        // Elasticsearch 6.5 to 6.8 made Node abstract.
        final Class<?> startable = Modifier.isAbstract(nodeClass.getModifiers()) ? find("ConcreteNode") : nodeClass;
        for (Constructor<?> constructor : startable.getConstructors()) {
            final Class<?>[] types = constructor.getParameterTypes();
            if (types.length == 1 && types[0].isInstance(environment)) {
                return (AutoCloseable) constructor.newInstance(environment);
            } else if (types.length == 2 && types[0].isInstance(environment) && types[1].getSimpleName().equals("PluginsLoader")) {
                return (AutoCloseable) constructor.newInstance(environment, pluginsLoader(types[1], environment));
            }
        }
        throw new IllegalStateException("no constructor of " + startable + " is known");
    }

    private static Object pluginsLoader(Class<?> loader, Object environment) throws Exception {
        final Object modules = bundles(loader, "loadModulesBundles", directory(environment, "modulesDir", "modulesFile"));
        final Object plugins = bundles(loader, "loadPluginsBundles", directory(environment, "pluginsDir", "pluginsFile"));
        for (Method method : loader.getMethods()) {
            // The fourth argument tells whether the server itself is a Java module, which it is not on a class path.
            if (method.getName().equals("createPluginsLoader") && method.getParameterCount() == 4) {
                return method.invoke(null, modules, plugins, Map.of(), false);
            }
        }
        throw new IllegalStateException("no createPluginsLoader with four parameters in " + loader);
    }

    private static Object bundles(Class<?> loader, String name, Path directory) throws Exception {
        for (Method method : loader.getMethods()) {
            if (method.getName().equals(name)) {
                return method.getParameterCount() == 1 ? method.invoke(null, directory) : method.invoke(null, directory, false);
            }
        }
        throw new IllegalStateException("no " + name + " in " + loader);
    }

    private static Path directory(Object environment, String... names) throws Exception {
        for (Method method : environment.getClass().getMethods()) {
            if (List.of(names).contains(method.getName()) && method.getParameterCount() == 0) {
                return (Path) method.invoke(environment);
            }
        }
        throw new IllegalStateException("none of " + String.join(", ", names) + " in " + environment.getClass());
    }

    private static Object settings(String root, Path home, Path config, String name) throws Exception {
        final Object builder = find(root + ".common.settings.Settings").getMethod("builder").invoke(null);
        final Method put = builder.getClass().getMethod("put", String.class, String.class);
        put.invoke(builder, "path.home", home.toString());
        put.invoke(builder, "node.name", name);
        if (!List.of(prepareEnvironment(root).getParameterTypes()).contains(Path.class)) {
            put.invoke(builder, "path.conf", config.toString()); // Elasticsearch 5
        }
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

    /** Calls prepareEnvironment with each argument found by its type. */
    private static Object environment(String root, Object settings, Path config, String name) throws Exception {
        final Method prepare = prepareEnvironment(root);
        final Class<?>[] types = prepare.getParameterTypes();
        final Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = argument(types[i], settings, config, name);
        }
        return prepare.invoke(null, arguments);
    }

    /** That of the most parameters: Elasticsearch 5 has one more without the settings on the command line. */
    private static Method prepareEnvironment(String root) throws Exception {
        final Class<?> preparer = find(root + ".node.InternalSettingsPreparer", root + ".node.internal.InternalSettingsPreparer");
        Method most = null;
        for (Method method : preparer.getMethods()) {
            if (method.getName().equals("prepareEnvironment") && Modifier.isStatic(method.getModifiers())
                && (most == null || method.getParameterCount() > most.getParameterCount())) {
                most = method;
            }
        }
        if (most == null) {
            throw new IllegalStateException("no prepareEnvironment in " + preparer);
        }
        return most;
    }

    private static Object argument(Class<?> type, Object settings, Path config, String name) throws Exception {
        if (type.isInstance(settings)) {
            return settings;
        } else if (type == Map.class) {
            return Map.of();
        } else if (type == Path.class) {
            return config;
        } else if (type == Supplier.class) {
            return (Supplier<String>) () -> name;
        } else if (type.getSimpleName().equals("Terminal")) {
            return type.getField("DEFAULT").get(null); // Elasticsearch 5
        }
        throw new IllegalStateException("prepareEnvironment wants a " + type);
    }
}
