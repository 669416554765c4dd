import { openStore } from "../../../../core/store/open_store.ts";
import { apache, createFolder } from "../../../servers/apache.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("apache")("webdav", () => {
  for (const options of ["atomic_put=true", "atomic_put=false"]) {
    const open = async () => {
      const server = await apache();
      const credential = `basic:${server.user}:${server.password}`;
      const place = `webdav://apache/dav/${await createFolder(server)}`;
      const endpoint = `http:127.0.0.1:${server.port}`;
      return openStore(`${place}?endpoint=${endpoint}&credential=${credential}&${options}`, {
        environment: {},
      });
    };
    testStore(`on Apache with options "${options}"`, open, {
      listEntries: options === "atomic_put=true" ? 600 : 10,
    });
  }
});
