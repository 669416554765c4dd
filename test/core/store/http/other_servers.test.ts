import { expect, test } from "vitest";
import { otherServers } from "../../../../core/store/http/other_servers.ts";

const at = (address: string) => new URL(address);

test("keeps the connections of the servers that were used last", () => {
  const servers = otherServers({ serversMax: 2, encrypted: false });
  const first = servers.clientOf(at("https://a.example/x"));
  expect(first?.endpoint.url).toBe("https://a.example:443");
  servers.clientOf(at("http://b.example:81/"));
  expect(servers.clientOf(at("https://a.example/y?z"))).toBe(first);
  servers.clientOf(at("https://c.example/"));
  expect(servers.clientOf(at("https://a.example/"))).toBe(first);
  servers.clientOf(at("https://d.example/"));
  servers.clientOf(at("https://e.example/"));
  expect(servers.clientOf(at("https://a.example/"))).not.toBe(first);
  servers.close();
});

test("has no client for what is no web server, nor without encryption where that is needed", () => {
  const servers = otherServers({ serversMax: 2, encrypted: true });
  expect(servers.clientOf(at("http://a.example/"))).toBeUndefined();
  expect(servers.clientOf(at("ftp://a.example/"))).toBeUndefined();
  expect(servers.clientOf(at("https://a.example/"))).toBeDefined();
  expect(
    otherServers({ serversMax: 2, encrypted: false }).clientOf(at("file:///etc/passwd")),
  ).toBeUndefined();
  servers.close();
});
