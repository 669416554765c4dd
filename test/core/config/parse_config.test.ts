import { describe, expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../../../core/config/default_config.ts";
import { formatConfig } from "../../../core/config/format_config.ts";
import { parseConfig } from "../../../core/config/parse_config.ts";
import { JcsError } from "../../../core/errors.ts";

/** The sample of the manual, every key in it. */
const SAMPLE = {
  hubRPC: { rootCA: "" },
  coordinatorRPC: { address: "127.0.0.1:5009", rootCA: "" },
  logger: { output: "stdout", outputFileName: "client", outputDirectory: "log", level: "debug" },
  db: { address: "127.0.0.1:3306", account: "root", password: "123456", databaseName: "cloudream" },
  connectivity: { testInterval: 300 },
  downloader: { maxStripCacheCount: 100, ecStripPrefetchCount: 1 },
  downloadStrategy: { highLatencyHub: 35 },
  tickTock: { ecFileSizeThreshold: 5242880, accessStatHistoryWeight: 0.8 },
  http: {
    enabled: true,
    listen: "127.0.0.1:7890",
    rootCA: "",
    serverCert: "",
    serverKey: "",
    clientCerts: [],
    maxBodySize: 5242880,
  },
  mount: {
    enabled: false,
    mountPoint: "",
    gid: 0,
    uid: 0,
    dataDir: "",
    metaDir: "",
    maxCacheSize: 0,
    attrTimeout: "10s",
    uploadPendingTime: "30s",
    cacheActiveTime: "1m",
    cacheExpireTime: "1m",
    scanDataDirInterval: "10m",
  },
  accessToken: { account: "", password: "" },
};

function problem(config: unknown): { readonly message: string; readonly field: string | undefined } {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  try {
    parseConfig(text, "c.json");
  } catch (error) {
    expect(error).toMatchObject({ kind: "Config", where: { path: "c.json" } });
    if (error instanceof JcsError) return { message: error.message, field: error.where.field };
  }
  throw new Error("The configuration was accepted");
}

test("the sample is accepted whole, and its values are the defaults", () => {
  const { db, ...rest } = parseConfig(JSON.stringify(SAMPLE), "c.json");
  expect(db).toEqual(SAMPLE.db);
  expect(rest).toEqual(DEFAULT_CONFIG);
  expect(DEFAULT_CONFIG.redundancy.onUpload).toBe("now");
  expect(parseConfig("{}", "c.json")).toEqual(DEFAULT_CONFIG);
});

test("no database means the embedded one; its password has no default", () => {
  expect("db" in DEFAULT_CONFIG).toBe(false);
  expect(parseConfig('{"db":{}}', "c.json").db).toEqual({ ...SAMPLE.db, password: "" });
});

test("what is formatted reads back the same, under the names of the manual", () => {
  const config = parseConfig(
    JSON.stringify({
      ...SAMPLE,
      downloadStrategy: { highLatencyHub: 99 },
      redundancy: { onUpload: "defer" },
    }),
    "c.json",
  );
  expect(parseConfig(formatConfig(config), "c.json")).toEqual(config);
  expect(JSON.parse(formatConfig(config)).downloadStrategy).toEqual({ highLatencyHub: 99 });
  expect(Object.keys(JSON.parse(formatConfig(config))).filter((key) => key !== "redundancy")).toEqual(
    Object.keys(SAMPLE),
  );
});

test("both names of the latency bound are read", () => {
  for (const name of ["highLatencyHub", "highLatencyHubMs"]) {
    const config = parseConfig(JSON.stringify({ downloadStrategy: { [name]: 7.5 } }), "c.json");
    expect(config.downloadStrategy).toEqual({ highLatencyHubMs: 7.5 });
  }
  expect(problem({ downloadStrategy: { highLatencyHub: 1, highLatencyHubMs: 2 } }).message).toContain(
    "must not differ",
  );
});

test("durations stay as they are written", () => {
  expect(parseConfig('{"mount":{"attrTimeout":"1h30m"}}', "c.json").mount.attrTimeout).toBe("1h30m");
});

describe("a mistake is named with its field", () => {
  test.each([
    [{ http: { lisen: "x:1" } }, "http.lisen", 'unknown field "http.lisen", did you mean "http.listen"?'],
    [{ htpp: {} }, "htpp", 'unknown field "htpp", did you mean "http"?'],
    [{ db: { passwort: "x" } }, "db.passwort", 'did you mean "db.password"?'],
    [
      { downloadStrategy: { highLatency: 1 } },
      "downloadStrategy.highLatency",
      'did you mean "downloadStrategy.highLatencyHub"?',
    ],
    [{ zzz: 1 }, "zzz", "known here: hubRPC"],
    [{ http: { maxBodySize: "5MB" } }, "http.maxBodySize", 'field "http.maxBodySize": expected number'],
    [{ http: { maxBodySize: 1.5 } }, "http.maxBodySize", "expected int"],
    [{ http: { maxBodySize: -1 } }, "http.maxBodySize", 'field "http.maxBodySize"'],
    [{ http: { listen: "localhost" } }, "http.listen", "expected host:port"],
    [{ http: { clientCerts: [1] } }, "http.clientCerts.0", "expected string"],
    [{ logger: { level: "loud" } }, "logger.level", '"debug"|"info"|"warn"|"error"'],
    [{ mount: { attrTimeout: "10" } }, "mount.attrTimeout", "expected a duration"],
    [{ tickTock: { accessStatHistoryWeight: 1.1 } }, "tickTock.accessStatHistoryWeight", "<=1"],
    [{ redundancy: { onUpload: "later" } }, "redundancy.onUpload", '"now"|"defer"'],
    [{ http: 3 }, "http", "expected object"],
    [[], undefined, "the file: expected object"],
  ])("%j", (config, field, message) => {
    const found = problem(config);
    expect(found.field).toBe(field);
    expect(found.message).toContain(message);
    expect(found.message).toMatch(/^Cannot use "c.json": /);
  });

  test("all of them at once", () => {
    const { message } = problem({ logger: { level: 1 }, http: { enabled: "yes" }, zzz: 1 });
    for (const part of ["logger.level", "http.enabled", "zzz"]) expect(message).toContain(part);
  });

  test("and no value is shown: it may be a password", () => {
    const { message } = problem({ db: { password: 123456 }, accessToken: { password: ["hush"] } });
    expect(message).not.toMatch(/123456|hush/);
  });
});

describe("a file that is not JSON", () => {
  test.each([
    [
      '{\n  "db": {\n    "account": "root", // the account\n  }\n}',
      "line 3, column 24: a comment, and JSON has no comments",
    ],
    ["/* head */ {}", "line 1, column 1: a comment"],
    ['{ "a": 1\n# note\n}', "line 2, column 1: a comment"],
    ['{"http": {"enabled": true,}}', "line 1, column 27: a comma before the closing bracket"],
    ['{"http" {}}', 'line 1, column 9: expected ":"'],
    ["{http: {}}", "line 1, column 2: expected a name in double quotes"],
    ['{"http": {}', "line 1, column 12: the file ends too early"],
    ["", "line 1, column 1: the file ends too early"],
    ['{"db": {"password": \'x\'}}', "line 1, column 21: expected a value"],
    ['{"db": {}} trailing', "line 1, column 12: expected nothing after"],
  ])("%j", (text, message) => {
    expect(problem(text).message).toContain(`Cannot read "c.json": ${message}`);
  });

  test("what looks like a comment in a string is none, and a byte order mark is no matter", () => {
    const text = '\ufeff{"logger": {"outputDirectory": "http://x /* y */ # z"}}';
    expect(parseConfig(text, "c.json").logger.outputDirectory).toBe("http://x /* y */ # z");
  });
});
