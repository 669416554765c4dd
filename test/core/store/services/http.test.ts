import { expect, test } from "vitest";
import { normalizePath } from "../../../../core/store/normalize_path.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import type { Store } from "../../../../core/store/store.ts";
import { apache, createFolder, openWebdav } from "../../../servers/apache.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths, readAll, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

/** The web server to read from, and its directory to write what is read. */
async function writable(): Promise<Store> {
  const server = await apache();
  const folder = await createFolder(server);
  const writer = await openStore(`fs://${server.root}/${folder}?sync=false`, { environment: {} });
  const reader = await openStore(`http://127.0.0.1:${server.port}/files/${folder}`, { environment: {} });
  const { workDirectory } = reader.info;
  const capabilities = {
    ...reader.capabilities,
    readOnly: false,
    contentType: false,
    writeUnknownSize: true,
    directories: true,
    makeDirectory: false,
    nameBytesMax: writer.capabilities.nameBytesMax,
    pathBytesMax: writer.capabilities.pathBytesMax,
  };
  return {
    ...reader,
    capabilities,
    write: async (path, body, options) => writer.write(normalizePath(path, workDirectory), body, options),
    remove: async (path, options) => writer.remove(normalizePath(path, workDirectory), options),
    async close() {
      await reader.close();
      await writer.close();
    },
  };
}

requireServer("apache")("http", () => {
  testStore("reading what fs wrote", writable, { listEntries: 200 });

  test("writes and removes nothing, and lets the body go", async () => {
    const server = await apache();
    const store = await openStore(`http://127.0.0.1:${server.port}/files`, { environment: {} });
    const body = testBody([new Uint8Array(10)]);
    const refused = { kind: "Unsupported", retry: "never" };
    await expect(store.write("x", body.stream)).rejects.toMatchObject(refused);
    await body.cancelled;
    await expect(store.remove("x")).rejects.toMatchObject(refused);
    await store.close();
  });

  test("shows a credential to a server that wants one", async () => {
    const server = await apache();
    const folder = await createFolder(server);
    const writer = await openWebdav({ server, folder });
    await writer.write("a", Buffer.from("secret"));
    await writer.close();
    const place = `http://127.0.0.1:${server.port}/secret/${folder}`;
    for (const credential of ["", "?credential=basic:jcs:wrong"]) {
      const store = await openStore(place + credential, { environment: {} });
      await expect(store.read("a")).rejects.toMatchObject({ kind: "PermissionDenied" });
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "PermissionDenied" });
      await store.close();
    }
    const store = await openStore(`${place}?credential=basic:${server.user}:${server.password}`, {
      environment: {},
    });
    expect(Buffer.from(await readAll(store, "a")).toString()).toBe("secret");
    expect(await listPaths(store, "")).toEqual(["a"]);
    await store.close();
  });
});
