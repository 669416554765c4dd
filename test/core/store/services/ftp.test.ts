import { openLayeredFtp } from "../../../servers/open_ftp.ts";
import { createFtpRoot, proftpd } from "../../../servers/proftpd.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("proftpd")("FTP on ProFTPD", () => {
  for (const tls of [false, true]) {
    const open = async () => {
      const server = await proftpd({ tls });
      return await openLayeredFtp(server, await createFtpRoot(server));
    };
    // Listings have no pages, and every write is a connection.
    testStore(tls ? "ftps" : "ftp", open, { listEntries: 300 });
  }
});
