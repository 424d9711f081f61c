import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.CertificatePinner;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * An app on OkHttp: Client MODE LOCAL-ADDRESS FIRST-LOCAL-PORT GAP-MS NAME...
 *
 * <p>One client, one request to each NAME in turn, each on a connection of its own.
 * MODE pin gives it a CertificatePinner for the host $PINNED with the key $PIN;
 * trust is the same app without; noca has a store in $TRUST without the inspection authority.
 * Prints for each: start (epoch seconds), local port, name, outcome, what OkHttp said, TLS version,
 * issuer (tab separated).
 */
public final class Client {
    private static final class LocalSockets extends SocketFactory {
        private final InetAddress address;
        private int port;

        LocalSockets(String address, int port) throws IOException {
            this.address = InetAddress.getByName(address);
            this.port = port;
        }

        @Override
        public Socket createSocket() throws IOException {
            Socket socket = new Socket();
            socket.bind(new InetSocketAddress(address, port++));
            return socket;
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            throw new IOException("not used by OkHttp");
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort)
                throws IOException {
            throw new IOException("not used by OkHttp");
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            throw new IOException("not used by OkHttp");
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
                throws IOException {
            throw new IOException("not used by OkHttp");
        }
    }

    private static X509TrustManager trust(String path) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(Paths.get(path))) {
            for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("root-" + store.size(), c);
            }
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    private static OkHttpClient app(String mode, String address, int port) throws Exception {
        X509TrustManager trust = trust(System.getenv("TRUST"));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new X509TrustManager[] {trust}, null);
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .socketFactory(new LocalSockets(address, port))
                .sslSocketFactory(context.getSocketFactory(), trust)
                .callTimeout(20, TimeUnit.SECONDS);
        if (mode.equals("pin")) {
            builder.certificatePinner(new CertificatePinner.Builder()
                    .add(System.getenv("PINNED"), "sha256/" + System.getenv("PIN")).build());
        }
        return builder.build();
    }

    private static String visit(OkHttpClient app, String name) {
        Request request = new Request.Builder().url("https://" + name + "/okhttp").build();
        try (Response reply = app.newCall(request).execute()) {
            reply.body().bytes();
            X509Certificate leaf = (X509Certificate) reply.handshake().peerCertificates().get(0);
            String issuer = leaf.getIssuerX500Principal().getName().replaceAll("^CN=([^,]*),.*", "$1");
            return "completed\tHTTP " + reply.code() + "\t"
                    + reply.handshake().tlsVersion().javaName() + "\t" + issuer;
        } catch (SSLPeerUnverifiedException e) {
            return "rejected-post-handshake\t" + said(e) + "\t\t";
        } catch (SSLException e) {
            boolean refused = e.getCause() instanceof CertificateException;
            return (refused ? "rejected-in-handshake\t" : "failed\t") + said(e) + "\t\t";
        } catch (IOException e) {
            return "failed\t" + said(e) + "\t\t";
        }
    }

    private static String said(Exception e) {
        return e.getClass().getSimpleName() + ": " + String.valueOf(e.getMessage()).split("\n")[0];
    }

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[2]);
        OkHttpClient app = app(args[0], args[1], port);
        for (int i = 4; i < args.length; i++) {
            double start = System.currentTimeMillis() / 1000.0;
            String said = visit(app, args[i]);
            System.out.printf("%.3f\t%d\t%s\t%s%n", start, port++, args[i], said);
            app.connectionPool().evictAll();
            Thread.sleep(Long.parseLong(args[3]));
        }
        System.exit(0);
    }
}
