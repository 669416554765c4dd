import { openStore } from "../../../../core/store/open_store.ts";
import { azurite, createContainer } from "../../../servers/azurite.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("azurite")("azblob", () => {
  for (const options of ["", "&multipart_threshold=1KiB&part_size=700KiB&part_concurrency=2"]) {
    const open = async () => {
      const server = await azurite();
      const place = `azblob://${await createContainer(server)}/folder`;
      // Azurite fetches no URLs: that is tested on a fake.
      const credential = `hmac:${server.account}:${server.key}&put_from_url=false`;
      return openStore(`${place}?endpoint=http:127.0.0.1:${server.port}&credential=${credential}${options}`, {
        environment: {},
      });
    };
    testStore(`with options "${options}"`, open, {
      listEntries: options === "" ? 600 : 10,
      storageClass: "Cool",
    });
  }
});
