import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  fingerprintOf,
  judgeHostKey,
  knownKeys,
} from "../../../../../core/store/services/sftp/known_hosts.ts";

const KEY = Buffer.from("0000000b7373682d6564323535313900000003010203", "hex");
const OTHER = Buffer.from("0000000b7373682d6564323535313900000003040506", "hex");
const line = (names: string, key = KEY) => `${names} ssh-ed25519 ${key.toString("base64")} comment\n`;
const verdict = (text: string, host = "host.example.com", port = 22) =>
  judgeHostKey(KEY, knownKeys(text, { host, port }));

test("names are plain, patterns, negated or hashed, and hold the port unless it is 22", () => {
  expect(verdict(line("host.example.com"))).toBe("known");
  expect(verdict(line("HOST.example.COM,10.0.0.1"))).toBe("known");
  expect(verdict(line("*.example.com"))).toBe("known");
  expect(verdict(line("hos?.example.com"))).toBe("known");
  expect(verdict(line("*.example.com,!host.example.com"))).toBe("unknown");
  expect(verdict(line("hostXexampleXcom"))).toBe("unknown");
  expect(verdict(line("host.example.com"), "host.example.com", 2222)).toBe("unknown");
  expect(verdict(line("[host.example.com]:2222"), "host.example.com", 2222)).toBe("known");
  const salt = Buffer.alloc(20, 7);
  const hash = createHmac("sha1", salt).update("host.example.com").digest("base64");
  expect(verdict(line(`|1|${salt.toString("base64")}|${hash}`))).toBe("known");
  expect(verdict(line(`|1|${salt.toString("base64")}|${hash}`), "other.example.com")).toBe("unknown");
});

test("another key of the server is a change, a revoked one is refused, other lines say nothing", () => {
  expect(verdict(line("host.example.com", OTHER))).toBe("changed");
  expect(verdict(line("host.example.com", OTHER) + line("host.example.com"))).toBe("known");
  expect(verdict(line("host.example.com") + line("@revoked *"))).toBe("revoked");
  expect(verdict(line("@cert-authority *"))).toBe("unknown");
  expect(verdict(`# ${line("host.example.com")}\n\nhost.example.com\n`)).toBe("unknown");
});

test("fingerprints are those of ssh-keygen", () => {
  expect(fingerprintOf(Buffer.from(""))).toBe("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
});
