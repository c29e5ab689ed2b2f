package gshconsole.testserver;

import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.IncomingRequestAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * A FHIR R4 server on the loopback. Arguments: port (0: any), JDBC address, JDBC user. Prints {"port": n} once it
 * listens and ends when its standard input does.
 */
public final class Main {

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    System.setProperty(Configuration.URL, arguments[1]);
    System.setProperty(Configuration.USER, arguments[2]);
    var context = new AnnotationConfigApplicationContext(Configuration.class);
    var server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    var handler = new ServletContextHandler("/fhir");
    handler.addServlet(new ServletHolder(fhir(context)), "/R4/*");
    server.setHandler(handler);
    server.start();
    System.out.println("{\"port\": " + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + "}");
    awaitEndOfInput();
    Runtime.getRuntime().halt(0); // nothing here is worth a slow goodbye
  }

  private static RestfulServer fhir(AnnotationConfigApplicationContext context) {
    IFhirSystemDao<?, ?> system = context.getBean(IFhirSystemDao.class);
    var server = new RestfulServer(system.getContext());
    server.registerProviders(context.getBean(ResourceProviderFactory.class).createProviders());
    server.registerProvider(context.getBean(JpaSystemProvider.class));
    var capabilities = new JpaCapabilityStatementProvider(
        server,
        system,
        context.getBean(JpaStorageSettings.class),
        context.getBean(ISearchParamRegistry.class),
        context.getBean(IValidationSupport.class));
    server.setServerConformanceProvider(capabilities);
    server.setPagingProvider(context.getBean(DatabaseBackedPagingProvider.class));
    server.setServerAddressStrategy(new IncomingRequestAddressStrategy());
    server.setDefaultResponseEncoding(EncodingEnum.JSON);
    return server;
  }

  private static void awaitEndOfInput() throws IOException {
    while (System.in.read() >= 0) {
      // whoever started it has nothing to say
    }
  }
}
