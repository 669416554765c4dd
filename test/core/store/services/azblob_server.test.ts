import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { azblob } from "../../../../core/store/services/azblob.ts";
import type { Store } from "../../../../core/store/store.ts";
import { type Azurite, azurite, createContainer, openAzblob } from "../../../servers/azurite.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { storesThrough } from "../../../servers/stores_through.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";

const MIB = 1024 * 1024;

requireServer("azurite")("azblob and its server", () => {
  let server: Azurite;
  let container: string;
  const { closing, intercepted } = storesThrough(() => ({
    port: server.port,
    open: (port, options) => openAzblob({ server, container, port, options }),
  }));
  const open = async (
    options: Record<string, string> = {},
    place: { port?: number; container?: string; workDirectory?: string } = {},
  ): Promise<Store> => {
    const store = await openAzblob({ server, container, options, ...place });
    closing.push(() => store.close());
    return store;
  };
  beforeAll(async () => {
    server = await azurite();
    container = await createContainer(server);
  });

  test("a container that is missing is Unreachable, a wrong key PermissionDenied", async () => {
    const cases = [
      [{}, { container: "no-such-container" }, "Unreachable"],
      [{ credential: `hmac:${server.account}:${"A".repeat(86)}==` }, {}, "PermissionDenied"],
    ] as const;
    for (const [options, place, kind] of cases) {
      const store = await open(options, place);
      for (const call of [
        () => store.stat("a"),
        () => store.read("a"),
        () => store.write("a", pattern(1)),
        () => store.remove("a"),
        () => listPaths(store, ""),
      ]) {
        await expect(call()).rejects.toMatchObject({ kind, retry: "never" });
      }
    }
  });

  test("a shared access signature does for everything but signing, from wherever it comes", async () => {
    const owner = await open({}, { workDirectory: "/sas/" });
    await owner.write("a", pattern(100));
    const url = (await owner.sign?.("read", "a", { expiresInSeconds: 60 }))?.url ?? "";
    const token = url.slice(url.indexOf("?") + 1);
    const { account } = server;
    const credential = `base64:${Buffer.from(token).toString("base64")}`;
    const store = await open({ credential, account }, { workDirectory: "/sas/" });
    expect(store.sign).toBeUndefined();
    expect(
      sameBytes(await readAll(store, "a", { offset: 10, length: 5 }), pattern(100).subarray(10, 15)),
    ).toBe(true);
    const error = await store.write("a", pattern(1)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "PermissionDenied" });
    expect(String(error)).not.toContain("sig=");
    const directory = await mkdtemp(join(tmpdir(), "jcs-azblob-"));
    closing.push(() => rm(directory, { recursive: true }));
    const file = join(directory, "credential");
    for (const text of [
      `?${token}\n`,
      `BlobEndpoint=x;AccountName=${account};SharedAccessSignature=${token}`,
      `AccountName=${account};AccountKey=${server.key};EndpointSuffix=core.windows.net`,
    ]) {
      await writeFile(file, text);
      const other = await open({ credential: `file:${file}`, account }, { workDirectory: "/sas/" });
      expect(await readAll(other, "a")).toHaveLength(100);
    }
    await writeFile(file, "nothing of use");
    await expect(open({ credential: `file:${file}`, account })).rejects.toMatchObject({ kind: "Config" });
  });

  test("takes its credential from the environment as Azure's own tools do", async () => {
    const connect = (environment: Record<string, string>) =>
      azblob.open(
        {
          service: "azblob",
          name: container,
          workDirectory: "/",
          options: new Map([["endpoint", `http:127.0.0.1:${server.port}`]]),
        },
        { environment },
      );
    for (const environment of [
      { AZURE_STORAGE_ACCOUNT: server.account, AZURE_STORAGE_KEY: server.key },
      { AZURE_STORAGE_CONNECTION_STRING: `AccountName=${server.account};AccountKey=${server.key}` },
    ]) {
      const store = await connect(environment);
      await store.write("from environment", pattern(3));
      await store.close();
    }
    await expect(connect({})).rejects.toMatchObject({ kind: "Config" });
  });

  test("sends a block of a stream again when its connection breaks, and knows its own object", async () => {
    const content = pattern(5 * MIB);
    for (const ifAbsent of [false, true]) {
      let broken = 0;
      let committed = 0;
      const { store } = await intercepted(
        (line) => {
          if (line.includes("comp=blocklist") && line.startsWith("PUT"))
            return ++committed === 1 ? "lose answer" : "pass";
          if (!line.includes("comp=block") || ++broken > 2) return "pass";
          return broken === 1 ? "lose answer" : { status: 503 };
        },
        { part_size: "1MiB", multipart_threshold: "1MiB" },
      );
      await store.write("x", testBody([content]).stream, { ifAbsent });
      expect(committed).toBe(2);
      expect(sameBytes(await readAll(store, "x"), content)).toBe(true);
      await expect(store.write("x", testBody([content]).stream, { ifAbsent: true })).rejects.toMatchObject({
        kind: "AlreadyExists",
      });
    }
  });

  test("appends to blobs of either kind, and not behind another's back", async () => {
    const { store, interceptor } = await intercepted(() => "pass", { part_size: "64KiB" });
    const parts = [pattern(100, 1), pattern(200_000, 2), pattern(5 * MIB, 3)];
    const metadata = { colour: "blue" };
    await store.write("put", parts[0] ?? pattern(1), { metadata, contentType: "text/plain" });
    for (const path of ["put", "appended"]) {
      for (const part of path === "put" ? parts.slice(1) : parts)
        await store.append?.(path, testBody([part]).stream);
      expect(sameBytes(await readAll(store, path), Buffer.concat(parts)), path).toBe(true);
    }
    expect(await store.stat("put")).toMatchObject({ metadata, contentType: "text/plain" });
    expect(interceptor.headers.some((headers) => headers["x-ms-blob-type"] === "AppendBlob")).toBe(true);
    const racing = ["appended", "put"].map(async (path) => {
      const body = async function* () {
        yield pattern(10);
        await store.append?.(path, pattern(1));
        yield pattern(MIB);
      };
      await expect(store.append?.(path, body())).rejects.toMatchObject({ kind: "ConditionFailed" });
    });
    await Promise.all(racing);
  });

  test("shows blobs of others whose names it can name, and leaves out what no path could mean", async () => {
    const store = await open({}, { workDirectory: "/names/" });
    await store.write("dir./a.", pattern(1));
    await store.write("50% & <ü>", pattern(1));
    const { interceptor, store: raw } = await intercepted(() => "pass");
    await raw.write("c\u0001.", pattern(1));
    expect(interceptor.requests.at(-1)).toContain("c%E2%80%9B01%E2%80%9B2E");
    expect((await listPaths(store, "")).sort()).toEqual(["50% & <ü>", "dir./a."]);
    const page = (names: string[]) => ({
      status: 200,
      body: `<EnumerationResults><Blobs>${names.map((name) => `<Blob><Name>${name}</Name></Blob>`).join("")}</Blobs><NextMarker/></EnumerationResults>`,
    });
    const foreign = await intercepted(() =>
      page(["f/ok", "f/", "f/a//b", "f/../x", "f/a\\b", "f/dot.", "elsewhere"]),
    );
    const inside = await openAzblob({
      server,
      container,
      port: foreign.interceptor.port,
      workDirectory: "/f/",
    });
    closing.push(() => inside.close());
    expect(await listPaths(inside, "")).toEqual(["ok"]);
  });

  test("waits for a copy that takes its time, and ends it when the caller cancels", async () => {
    const aborted: string[] = [];
    let polls = 0;
    const { store } = await intercepted((line) => {
      if (line.includes("comp=copy")) {
        aborted.push(line);
        return { status: 204 };
      }
      if (line.startsWith("PUT"))
        return { status: 202, headers: { "x-ms-copy-id": "id-1", "x-ms-copy-status": "pending" } };
      polls += 1;
      return { status: 200, headers: { "x-ms-copy-status": polls < 3 ? "pending" : "success" } };
    });
    await store.copy?.("a", "b");
    expect(polls).toBe(3);
    polls = -1000;
    const signal = AbortSignal.timeout(700);
    await expect(store.copy?.("a", "b", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    expect(aborted).toHaveLength(1);
    expect(aborted[0]).toContain("copyid=id-1");
  });
});

describe("azblob connection strings", () => {
  const connect = (name: string, options: Record<string, string>) =>
    azblob.open(
      { service: "azblob", name, workDirectory: "/", options: new Map(Object.entries(options)) },
      { environment: {} },
    );
  const credential = `hmac:account:${"A".repeat(86)}==`;

  test("reach Azure's own address of the account", async () => {
    const store = await connect("container", { credential });
    const signed = await store.sign?.("read", "a b", { expiresInSeconds: 60 });
    expect(signed?.url).toMatch(/^https:\/\/account\.blob\.core\.windows\.net\/container\/a%20b\?/);
    await store.close();
  });

  test("are refused when they cannot be meant", async () => {
    for (const [name, options] of [
      ["", { credential }],
      ["Capital", { credential }],
      ["container", { credential: "basic:a:b" }],
      ["container", { credential: "hmac:account:not base64" }],
      ["container", { anonymous: "true" }],
      ["container", { credential, part_size: "0" }],
    ] as const) {
      await expect(connect(name, options), JSON.stringify(options)).rejects.toMatchObject({
        kind: expect.stringMatching(/^(Usage|Config)$/),
      });
    }
  });
});
