import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openStore } from "../../../../../core/store/open_store.ts";
import { ftp, ftps } from "../../../../../core/store/services/ftp.ts";
import type { Store } from "../../../../../core/store/store.ts";
import { type FtpTurn, type ScriptedFtp, startScriptedFtp } from "../../../../servers/scripted_ftp.ts";
import { listPaths, pattern, readAll, sameBytes, testBody } from "../../../../suites/store_bench.ts";

const MIB = 1024 * 1024;
const CONTENT = pattern(300_000);

describe("FTP when the server does what none should", () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  /** A server, and a store on it that is told to end after every test: then no socket may be left. */
  const open = async (features?: readonly string[], service = ftp) => {
    const server = await startScriptedFtp(features);
    server.files.set("/space/a", CONTENT);
    const store = await service.open(
      {
        service: service.name,
        name: `127.0.0.1:${server.port}`,
        workDirectory: "/space/",
        options: new Map([
          ["credential", "basic:me:secret"],
          ...(service === ftp ? [] : ([["insecure", "true"]] as const)),
        ]),
      },
      { environment: {} },
    );
    closing.push(async () => {
      await store.close();
      await expect.poll(() => server.openConnections()).toBe(0);
      await server.close();
    });
    return { server, store };
  };
  const openLayered = async (server: ScriptedFtp, options: string): Promise<Store> => {
    const text = `ftp://127.0.0.1:${server.port}/space?credential=basic:me:secret&retries=0&${options}`;
    const store = await openStore(text, { environment: {} });
    closing.push(() => store.close());
    return store;
  };
  const filesOf = (server: ScriptedFtp) => [...server.files.keys()].sort();
  const later = { kind: "Unreachable", retry: "later" };

  test("replies that come byte by byte are whole replies", async () => {
    const { server, store } = await open([]);
    const trickled = (text: string) => async (turn: FtpTurn) => {
      for (const character of `${text}\r\n`) {
        turn.control.write(character);
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    server.on("CONNECT", trickled("220-good\r\n day\r\n220 bye"));
    server.on("PWD", trickled('257 "/space"'));
    server.on("SIZE", trickled("213 300000"));
    server.on("MDTM", trickled("213 20200203040506"));
    expect(await store.stat("a")).toMatchObject({
      size: 300_000,
      modifiedAt: new Date("2020-02-03T04:05:06Z"),
    });
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
  });

  test("bytes that trickle are read for as long as they come, and the silence after them ends the read", async () => {
    const { server } = await open();
    const store = await openLayered(server, "idle_timeout=400ms&timeout=5s");
    const trickle = async (turn: FtpTurn, pieces: number) => {
      const data = await turn.data();
      turn.reply("150 slowly");
      for (let piece = 0; piece < pieces; piece++) {
        data.write(CONTENT.subarray(piece * 30_000, (piece + 1) * 30_000));
        await new Promise((resolve) => setTimeout(resolve, 80));
      }
      return data;
    };
    const finish = (turn: FtpTurn, data: Socket) => {
      data.end();
      turn.reply("226 done");
    };
    server.on("RETR", async (turn) => finish(turn, await trickle(turn, 10)), { times: 1 });
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
    server.on("RETR", async (turn) => void (await trickle(turn, 2)), { times: 1 });
    await expect(readAll(store, "a")).rejects.toMatchObject({ kind: "TimedOut", retry: "later" });
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
  });

  test("a file that is cut short is no file, whatever the server says of it", async () => {
    const { server, store } = await open();
    const cut = (last: string | undefined) => async (turn: FtpTurn) => {
      const data = await turn.data();
      turn.reply("150 here it comes");
      data.end(CONTENT.subarray(0, 100_000));
      if (last !== undefined) turn.reply(last);
      else data.on("close", () => turn.control.destroy());
    };
    for (const last of ["226 done", "426 broken", "451 disk", undefined]) {
      server.on("RETR", cut(last), { times: 1 });
      await expect(readAll(store, "a"), last ?? "closed").rejects.toMatchObject(later);
    }
    server.on("RETR", async (turn) => void (await turn.data()).resetAndDestroy(), { times: 1 });
    const signal = AbortSignal.timeout(300);
    await expect(readAll(store, "a", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    expect(sameBytes(await readAll(store, "a"), CONTENT)).toBe(true);
  });

  test.each([
    ["421 closing", { kind: "Throttled", retry: "later" }],
    ["425 no data connection", later],
    ["426 transfer aborted", later],
    ["450 file busy", later],
    ["451 local error", later],
    ["452 no space", { kind: "NoSpace", retry: "never" }],
    ["552 over quota", { kind: "NoSpace", retry: "never" }],
  ])(
    "%s at once and in the middle of a transfer is that error, and leaves nothing",
    async (reply, expected) => {
      const { server, store } = await open();
      const midway = async (turn: FtpTurn) => {
        const data = await turn.data();
        turn.files.set(turn.argument, CONTENT.subarray(0, 10));
        turn.reply("150 go on");
        data.once("data", () => {
          turn.reply(reply);
          data.destroy();
        });
        if (turn.argument === "/space/a") data.emit("data", data.write(CONTENT.subarray(0, 10)));
      };
      for (const script of [midway, ({ reply: say }: FtpTurn) => say(reply)]) {
        server.on("STOR", script, { times: 2 });
        const body = testBody(Array.from({ length: 32 }, () => pattern(MIB)));
        await expect(store.write("b", body.stream)).rejects.toMatchObject(expected);
        server.on("STOR", () => {}, { times: 0 });
        await expect.poll(() => filesOf(server)).toEqual(["/space/a"]);
      }
      server.on("RETR", midway, { times: 1 });
      await expect(readAll(store, "a")).rejects.toMatchObject(expected);
      server.files.set("/space/a", CONTENT);
      await store.write("b", CONTENT);
      expect(sameBytes(await readAll(store, "b"), CONTENT)).toBe(true);
    },
  );

  test("a write whose control or data connection is cut, or that the server keeps half of, is none", async () => {
    const { server, store } = await open();
    const cut = (end: (turn: FtpTurn, data: Socket) => void) => async (turn: FtpTurn) => {
      const data = await turn.data();
      turn.files.set(turn.argument, CONTENT.subarray(0, 10));
      turn.reply("150 go on");
      data.once("data", () => end(turn, data));
    };
    const ends: readonly ((turn: FtpTurn, data: Socket) => void)[] = [
      (turn, data) => {
        data.resetAndDestroy();
        turn.reply("426 broken");
      },
      (turn) => turn.control.resetAndDestroy(),
      (turn, data) => {
        data.destroy();
        turn.reply("226 done");
      },
    ];
    for (const [index, end] of ends.entries()) {
      server.on("STOR", cut(end), { times: 1 });
      await expect(store.write("b", pattern(4 * MIB)), String(index)).rejects.toMatchObject(later);
      await expect.poll(() => filesOf(server)).toEqual(["/space/a"]);
    }
  });

  describe("lists", () => {
    const listing = (text: string | Uint8Array) => async (turn: FtpTurn) => {
      const data = await turn.data();
      turn.reply("150 here it comes");
      data.end(text);
      turn.reply("226 done");
    };

    test.each([
      ["nonsense", "what is this\r\n"],
      ["facts without a type", "size=5; a\r\n"],
      ["no name", "type=file;size=5; \r\n"],
      ["a way out", "type=file;size=5; ../../etc/passwd\r\n"],
      ["bytes", pattern(5000)],
      ["a line without an end", "x".repeat(200_000)],
    ])("of MLSD with %s are an error, not an empty directory", async (_, text) => {
      const { server, store } = await open();
      server.on("MLSD", listing(text), { times: 1 });
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "Unexpected" });
      expect(await listPaths(store, "")).toEqual(["a"]);
    });

    test.each([
      ["nonsense", "what is this\r\n"],
      ["one line of nonsense", "-rw-r--r-- 1 me me 5 Jan  1 10:00 a\r\nwhat is this\r\n"],
      ["a way out", "-rw-r--r-- 1 me me 5 Jan  1 10:00 ../a\r\n"],
      ["bytes", pattern(5000)],
    ])("of LIST with %s are an error, not an empty directory", async (_, text) => {
      const { server, store } = await open([]);
      server.on("LIST", listing(text), { times: 1 });
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "Unexpected" });
      server.on("LIST", listing("total 1\r\n-rw-r--r-- 1 me me 5 Jan  1 10:00 a\r\n"), { times: 1 });
      expect(await listPaths(store, "")).toEqual(["a"]);
    });

    test("with facts that are broken or of another century keep the names and what is right", async () => {
      const { server, store } = await open();
      const lines = [
        "type=file;size=abc;modify=99999999999999; a",
        "TYPE=File;Size=7;Modify=19700101000000; b",
        "type=file;modify=21991231235959.999;x.y=z; c = d",
      ];
      server.on("MLSD", listing(`${lines.join("\r\n")}\r\n`));
      const found = [];
      for await (const entry of store.list("")) found.push(entry);
      expect(found).toEqual([
        { path: "a", kind: "file" },
        { path: "b", kind: "file", size: 7, modifiedAt: new Date(0) },
        { path: "c = d", kind: "file", modifiedAt: new Date("2199-12-31T23:59:59.999Z") },
      ]);
    });

    test("that are cut off are an error", async () => {
      const { server, store } = await open();
      for (const last of ["426 broken", "451 local error"]) {
        const script = async (turn: FtpTurn) => {
          const data = await turn.data();
          turn.reply("150 here it comes");
          data.end("type=file;size=5; a\r\n");
          turn.reply(last);
        };
        server.on("MLSD", script, { times: 1 });
        await expect(listPaths(store, "")).rejects.toMatchObject(later);
      }
    });

    test("of 200,000 names come whole, and one without an end is left at any name, in flat memory", async () => {
      const { server, store } = await open();
      let sent = 0;
      const endless = (end: number) => async (turn: FtpTurn) => {
        const data = await turn.data();
        turn.reply("150 here it comes");
        data.on("error", () => {});
        sent = 0;
        while (sent < end && !data.destroyed) {
          const names = Array.from({ length: 2000 }, (_, index) => `type=file;size=5; n${sent + index}\r\n`);
          sent += names.length;
          if (data.write(names.join(""))) continue;
          await new Promise<void>((resolve) => {
            data.once("drain", resolve);
            data.once("close", resolve);
          });
        }
        data.end();
        turn.reply(data.destroyed ? "426 broken off" : "226 done");
      };
      server.on("MLSD", endless(200_000), { times: 1 });
      let count = 0;
      for await (const { path } of store.list("")) if (path === `n${count}`) count++;
      expect(count).toBe(200_000);
      server.on("MLSD", endless(Number.POSITIVE_INFINITY), { times: 1 });
      let seen = 0;
      let aheadMax = 0;
      for await (const _ of store.list("")) {
        aheadMax = Math.max(aheadMax, sent - ++seen);
        if (seen === 300_000) break;
      }
      // What is neither seen nor unsent: a piece of the list, and what the sockets hold.
      expect(aheadMax).toBeLessThan(400_000);
      expect((await store.stat("a")).size).toBe(CONTENT.length);
    });

    test("that send nothing but empty lines end by the timeout", async () => {
      const { server } = await open();
      const store = await openLayered(server, "timeout=300ms");
      const script = async (turn: FtpTurn) => {
        const data = await turn.data();
        turn.reply("150 here it comes");
        const timer = setInterval(() => data.write("\r\n"), 10);
        data.on("close", () => clearInterval(timer));
      };
      server.on("MLSD", script, { times: 1 });
      await expect(listPaths(store, "")).rejects.toMatchObject({ kind: "TimedOut", retry: "later" });
    });
  });

  test.each([
    ["nonsense", "229 Entering (|||no port|)", "227 Entering (1,2,3)"],
    ["another host", "500 what", "227 Entering Passive Mode (10,255,255,1,4,1)"],
    ["a port where nobody listens", "229 Entering (|||1|)", "227 Entering Passive Mode (127,0,0,1,0,1)"],
    ["no more data connections", "425 none left", "425 none left"],
  ])("data connections to %s fail clearly, and the next ones work", async (_, extended, passive) => {
    const { server, store } = await open();
    server.on("EPSV", ({ reply }) => reply(extended), { times: 2 });
    server.on("PASV", ({ reply }) => reply(passive), { times: 2 });
    await expect(readAll(store, "a")).rejects.toMatchObject(later);
    await expect(store.write("b", CONTENT)).rejects.toMatchObject(later);
    expect(filesOf(server)).toEqual(["/space/a"]);
    await store.write("b", CONTENT);
    expect(sameBytes(await readAll(store, "b"), CONTENT)).toBe(true);
  });

  test("a file that is busy is not taken for one that is missing", async () => {
    const { server, store } = await open();
    server.on("MLST", ({ reply }) => reply("450 file busy"), { times: 1 });
    await expect(store.stat("a")).rejects.toMatchObject(later);
  });

  test("a link, or another name of the file, never takes the place of the file", async () => {
    const { server, store } = await open();
    for (const facts of ["type=OS.unix=slink:/space/a;", "type=file;size=5;unique=1U2;"]) {
      server.on("MLST", ({ argument, reply }) => {
        if (argument.includes(".jcs")) return reply("550 no such file");
        reply(`250-it\r\n ${argument === "/space" ? "type=dir;" : facts} ${argument}\r\n250 end`);
      });
      server.files.set("/space/b", pattern(5));
      await expect(store.move?.("b", "a")).rejects.toMatchObject({ kind: "Usage" });
      expect(filesOf(server)).toEqual(["/space/a", "/space/b"]);
    }
  });

  describe("another protocol on the port", () => {
    test.each([
      ["SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "speaks no FTP"],
      ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no FTP"],
      ["TLS", Buffer.from("\x16\x03\x01\x00\x02\x02\x16", "latin1"), "speaks no FTP"],
      ["a banner without an end", `220-${"x".repeat(200_000)}`, "without an end"],
      ["a refusal", "554 go away\r\n", "go away"],
    ])("is Unreachable at once: %s", async (_, banner, state) => {
      const { server, store } = await open();
      server.on("CONNECT", ({ control }) => void control.write(banner));
      await expect(store.stat("a")).rejects.toMatchObject({ kind: "Unreachable" });
      await expect(store.stat("a")).rejects.toThrow(state);
    });

    test("TLS where there is none is a clear error", async () => {
      const { store } = await open([], ftps);
      await expect(store.stat("a")).rejects.toMatchObject({ retry: "never" });
      const { server } = await open();
      const text = `ftps://127.0.0.1:${server.port}/space?credential=basic:me:secret&retries=0&implicit=true`;
      const implicit = await openStore(text, { environment: {} });
      closing.push(() => implicit.close());
      await expect(implicit.stat("a")).rejects.toThrow("speaks no TLS");
    });
  });
});
