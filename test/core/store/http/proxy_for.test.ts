import { describe, expect, test } from "vitest";
import { proxyFor } from "../../../../core/store/http/proxy_for.ts";
import { parseOptionValue } from "../../../../core/store/option_value.ts";

const find = (endpoint: string, environment: Readonly<Record<string, string>>) =>
  proxyFor(parseOptionValue("endpoint", endpoint)!, environment);

describe("the environment", () => {
  test("names a proxy for each protocol, in lower case first", () => {
    const environment = { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2", HTTP_PROXY: "http://c:3" };
    expect(find("https:x.example", environment)).toEqual({ protocol: "http", host: "b", port: 2 });
    expect(find("http:x.example", environment)).toEqual({ protocol: "http", host: "c", port: 3 });
    expect(find("https:x.example", { HTTP_PROXY: "http://c:3" })).toBe(undefined);
    expect(find("https:x.example", { HTTPS_PROXY: "" })).toBe(undefined);
  });

  test.each([
    ["proxy.example", { protocol: "http", host: "proxy.example", port: 80 }],
    ["proxy.example:3128", { protocol: "http", host: "proxy.example", port: 3128 }],
    ["https://proxy.example", { protocol: "https", host: "proxy.example", port: 443 }],
    ["http://[::2]:8/", { protocol: "http", host: "[::2]", port: 8 }],
    [
      "http://me:p%40ss@proxy.example:8",
      { host: "proxy.example", authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}` },
    ],
  ])("names it as %s", (text, proxy) => {
    expect(find("https:x.example", { HTTPS_PROXY: text })).toMatchObject(proxy);
  });

  test.each(["socks5://me:secret@proxy.example", "http://", "http://me:secret@pro xy"])(
    "is wrong with %s, which is not shown",
    (text) => {
      let message = "";
      try {
        find("https:x.example", { https_proxy: text });
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("HTTPS_PROXY must be http://[USER:PASSWORD@]HOST[:PORT]");
      expect(message).not.toMatch(/secret|pro xy|socks/);
    },
  );

  test("of a program that a web server runs says nothing by HTTP_PROXY, which is a client's header", () => {
    const environment = { HTTP_PROXY: "http://evil:1", REQUEST_METHOD: "GET" };
    expect(find("http:x.example", environment)).toBe(undefined);
    expect(find("http:x.example", { ...environment, http_proxy: "http://good:1" })?.host).toBe("good");
  });
});

test.each([
  "http:localhost:8080",
  "https:127.0.0.1",
  "http:127.8.9.1:1",
  "https:[::1]:443",
  "http:a.localhost",
])("%s is never reached through a proxy", (endpoint) => {
  expect(find(endpoint, { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://p:1" })).toBe(undefined);
});

test.each([
  ["*", "x.example", true],
  ["example.com", "example.com", true],
  ["example.com", "a.b.example.com", true],
  ["example.com", "notexample.com", false],
  [".example.com", "a.example.com", true],
  ["*.example.com", "a.example.com", true],
  ["EXAMPLE.com.", "a.example.com", true],
  ["a.example, b.example c.example", "c.example", true],
  ["a.example,,", "b.example", false],
  ["x.example:443", "x.example", true],
  ["x.example:80", "x.example", false],
  ["10.0.0.0/8", "10.250.1.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.0.0.0/8", "a10.example", false],
  ["10.0.0.0/33", "10.0.0.1", false],
  ["10.1.2.3", "10.1.2.3", true],
  ["10.1.2.3:443", "10.1.2.3", true],
  ["0.0.1", "10.0.0.1", false],
  ["fd00::/8", "[fd12::1]", true],
  ["fd12::0:1", "[fd12::1]", true],
  ["[fd12::1]:443", "[fd12::1]", true],
  ["[fd12::1]:80", "[fd12::1]", false],
  ["::/0", "10.0.0.1", false],
])("NO_PROXY=%s excepts %s: %s", (exceptions, host, isExcepted) => {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const proxy = find(`https:${host}`, { HTTPS_PROXY: "http://p:1", [name]: exceptions });
    expect(proxy === undefined).toBe(isExcepted);
  }
});
