import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { issueCertificates } from "../../core/certificates/issue_certificates.ts";
import { retry } from "../../core/store/layers/retry.ts";
import type { Store } from "../../core/store/store.ts";
import type { HttpInterceptor, Interception } from "../servers/http_interceptor.ts";
import { listPaths, pattern, readAll, sameBytes } from "./store_bench.ts";
import type { HttpFaultBench } from "./test_http_faults.ts";

/** Most requests that one operation makes of a service that always refuses. */
const REQUESTS_MAX = 30;

/** What {@link testHttpRefusals} has of the suite that it is a part of. */
export interface HttpFaultSite {
  readonly bench: HttpFaultBench;
  /** What runs after the test. */
  readonly closing: (() => Promise<void>)[];
  readonly put: (store: Store, path: string, bytes: Uint8Array) => Promise<void>;
  readonly intercepted: (
    decide: (line: string) => Interception,
  ) => Promise<{ readonly interceptor: HttpInterceptor; readonly store: Store }>;
  readonly serving: (handle: (request: IncomingMessage, answer: ServerResponse) => void) => Promise<number>;
  readonly through: (port: number) => Promise<Store>;
}

/** Cases of services that refuse for a while or for ever, of lists that do not go on, and of TLS. */
export function testHttpRefusals(site: () => HttpFaultSite): void {
  test("a storm of refusals is waited out, or ends after a few tries", async () => {
    const { bench, intercepted, put } = site();
    let refusals = 0;
    let status = 429;
    let requests = 0;
    const { store } = await intercepted(() => {
      requests += 1;
      if (refusals === 0) return "pass";
      refusals -= 1;
      return bench.refusal?.(status) ?? { status, body: "busy" };
    });
    await put(store, "x", pattern(1000));
    const patient = retry({ retries: 3, delayMs: 1 })(store);
    for (status of [429, 503, 500]) {
      const calls: readonly (() => Promise<unknown>)[] = [
        async () => expect(sameBytes(await readAll(patient, "x"), pattern(1000))).toBe(true),
        async () => expect((await patient.stat("x")).size).toBe(1000),
        async () => expect(await listPaths(patient, "")).toContain("x"),
        ...(store.capabilities.readOnly === true
          ? []
          : [() => patient.write("x", pattern(1000)), () => patient.remove("y")]),
      ];
      for (const call of calls) {
        refusals = 2;
        await call();
        refusals = Number.POSITIVE_INFINITY;
        requests = 0;
        await expect(call()).rejects.toMatchObject({
          kind: status === 500 ? "Unreachable" : "Throttled",
          retry: "exhausted",
        });
        expect(requests).toBeLessThanOrEqual(REQUESTS_MAX);
        refusals = 0;
      }
    }
    expect(sameBytes(await readAll(store, "x"), pattern(1000))).toBe(true);
  });

  test("a refusal by a service with another clock says so", async () => {
    const { bench, intercepted } = site();
    if (bench.refusal !== undefined) return;
    let answer: Interception = "pass";
    const { store } = await intercepted(() => answer);
    for (const [awayMs, words] of [
      [-60 * 60_000, /clock of this machine is 60 minutes/],
      [60 * 60_000, /clock of this machine is 60 minutes/],
      [0, /^(?!.*clock of this machine)/],
    ] as const) {
      answer = { status: 403, headers: { date: new Date(Date.now() + awayMs).toUTCString() }, body: "no" };
      const refused = { kind: "PermissionDenied", retry: "never", message: expect.stringMatching(words) };
      await expect(store.stat("x")).rejects.toMatchObject(refused);
      await expect(listPaths(store, "")).rejects.toMatchObject(refused);
    }
  });

  test("a list whose next page is always the same is an error", async () => {
    const { bench, serving, through } = site();
    const { samePage } = bench;
    if (samePage === undefined) return;
    let requests = 0;
    const port = await serving((request, answer) => {
      requests += 1;
      if (requests > REQUESTS_MAX) answer.destroy();
      else samePage(request, answer);
    });
    await expect(listPaths(await through(port), "")).rejects.toMatchObject({
      kind: "Unexpected",
      retry: "never",
    });
    expect(requests).toBeLessThan(REQUESTS_MAX);
  });

  test("directories within directories without an end are left where no path reaches", async () => {
    const { bench, serving, through } = site();
    const { endlessTree } = bench;
    if (endlessTree === undefined) return;
    let requests = 0;
    const port = await serving((request, answer) => {
      requests += 1;
      if (requests > 10 * REQUESTS_MAX) answer.destroy();
      else endlessTree("d".repeat(200), request, answer);
    });
    expect(await listPaths(await through(port), "")).toEqual([]);
    expect(requests).toBeGreaterThan(5);
  });

  test("a certificate that nobody vouches for and a server without TLS are told apart, and not tried again", async () => {
    const { bench, closing } = site();
    if (bench.openTls === undefined) return;
    let requests = 0;
    const handle = (_: IncomingMessage, answer: ServerResponse) => {
      requests += 1;
      answer.end("{}");
    };
    const { serverCertificate: cert, serverKey: key } = await issueCertificates({ hosts: ["127.0.0.1"] });
    for (const [server, words] of [
      [createSecureServer({ cert, key }, handle), /certificate/],
      [createServer(handle), /no TLS/],
    ] as const) {
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      closing.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
      const store = await bench.openTls((server.address() as AddressInfo).port);
      closing.push(() => store.close());
      const refused = { kind: "Unreachable", retry: "never", message: expect.stringMatching(words) };
      await expect(store.stat("x")).rejects.toMatchObject(refused);
      await expect(store.read("x")).rejects.toMatchObject(refused);
      await expect(listPaths(store, "")).rejects.toMatchObject(refused);
      if (store.capabilities.readOnly !== true)
        await expect(store.write("x", pattern(10))).rejects.toMatchObject(refused);
    }
    expect(requests).toBe(0);
  });
}
