import { createServer, type Server, type Socket } from "node:net";

/** What a script has at hand when its command comes. */
export interface FtpTurn {
  readonly argument: string;
  readonly control: Socket;
  /** The files of the server, by absolute path. */
  readonly files: Map<string, Uint8Array>;
  /** Sends one reply as it is, and the end of its line. */
  reply(text: string): void;
  /** The data connection that the client has opened. */
  data(): Promise<Socket>;
}

/** What the server does instead of what it should. */
export type FtpScript = (turn: FtpTurn) => void | Promise<void>;

/** A server of FTP in this process, which does what no real one can be made to do. */
export interface ScriptedFtp {
  readonly port: number;
  readonly files: Map<string, Uint8Array>;
  /** Does `script` at the next `times` commands of that name (all unless given); `CONNECT` is the beginning of a control connection. */
  on(command: string, script: FtpScript, options?: { readonly times?: number }): void;
  /** Connections that are open, those for data included. */
  openConnections(): number;
  close(): Promise<void>;
}

/** Starts the server, with one directory `/space/`. `features` are what FEAT names. */
export async function startScriptedFtp(features: readonly string[] = ["MLST"]): Promise<ScriptedFtp> {
  const files = new Map<string, Uint8Array>();
  const scripts = new Map<string, { readonly script: FtpScript; times: number }>();
  const sockets = new Set<Socket>();
  const listeners = new Set<Server>();
  const noted = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const listen = async (server: Server): Promise<number> => {
    listeners.add(server);
    server.on("close", () => listeners.delete(server));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const serve = (control: Socket) => {
    const session: Session = { files, features, data: undefined, offset: 0, renamed: "" };
    const turnOf = (argument: string): FtpTurn => ({
      argument,
      control,
      files,
      reply: (text) => void control.write(`${text}\r\n`),
      data: () => session.data ?? Promise.reject(new Error("there is no data connection")),
    });
    const run = async (command: string, argument: string) => {
      const scripted = scripts.get(command);
      if (scripted !== undefined && scripted.times-- > 0) return await scripted.script(turnOf(argument));
      if (command !== "EPSV") return await COMMANDS[command]?.(turnOf(argument), session);
      const listener = createServer();
      session.data = new Promise((resolve) => {
        listener.once("connection", (socket) => {
          listener.close();
          resolve(noted(socket));
        });
      });
      turnOf("").reply(`229 Entering Extended Passive Mode (|||${await listen(listener)}|)`);
    };
    let rest = "";
    control.setEncoding("utf8");
    control.on("data", (text: string) => {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, command = "", argument = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
        if (command in COMMANDS || command === "EPSV") void run(command, argument).catch(() => {});
        else control.write("502 not implemented\r\n");
      }
    });
    void run("CONNECT", "");
  };
  const server = createServer((control) => serve(noted(control)));
  const port = await listen(server);
  return {
    port,
    files,
    on: (command, script, { times = Number.POSITIVE_INFINITY } = {}) =>
      void scripts.set(command, { script, times }),
    openConnections: () => sockets.size,
    async close() {
      for (const listener of listeners) listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

interface Session {
  readonly files: Map<string, Uint8Array>;
  readonly features: readonly string[];
  data: Promise<Socket> | undefined;
  offset: number;
  renamed: string;
}

type Command = (turn: FtpTurn, session: Session) => void | Promise<void>;

const says =
  (text: string): Command =>
  ({ reply }) =>
    reply(text);

const TIME = "20260102030405";

/** The bytes of the file, or the reply that there is none. */
function fileOf({ argument, files, reply }: FtpTurn): Uint8Array | undefined {
  const found = files.get(argument);
  if (found === undefined) reply("550 no such file");
  return found;
}

async function sendAll(turn: FtpTurn, bytes: string | Uint8Array): Promise<void> {
  const data = await turn.data();
  turn.reply("150 here it comes");
  data.end(bytes);
  turn.reply("226 done");
}

async function receive(turn: FtpTurn, before: Uint8Array): Promise<void> {
  const data = await turn.data();
  turn.reply("150 go on");
  const chunks = [before];
  for await (const chunk of data) chunks.push(chunk);
  turn.files.set(turn.argument, Buffer.concat(chunks));
  turn.reply("226 done");
}

const COMMANDS: Readonly<Record<string, Command>> = {
  CONNECT: says("220 scripted"),
  USER: says("331 password"),
  PASS: says("230 welcome"),
  TYPE: says("200 ok"),
  STRU: says("200 ok"),
  OPTS: says("200 ok"),
  PASV: says("502 not implemented"),
  PWD: says('257 "/space" is where you are'),
  FEAT: ({ reply }, { features }) =>
    reply(`211-features\r\n${features.map((name) => ` ${name}\r\n`).join("")}211 end`),
  CWD: ({ argument, reply }) => reply(argument === "/space" ? "250 there" : "550 no such directory"),
  MLST(turn) {
    if (turn.argument === "/space") return turn.reply("250-it\r\n type=dir; /space\r\n250 end");
    const found = fileOf(turn);
    if (found === undefined) return;
    const facts = `type=file;size=${found.length};modify=${TIME};`;
    turn.reply(`250-it\r\n ${facts} ${turn.argument}\r\n250 end`);
  },
  SIZE(turn) {
    const found = fileOf(turn);
    if (found !== undefined) turn.reply(`213 ${found.length}`);
  },
  MDTM: says(`213 ${TIME}`),
  MLSD: (turn) =>
    sendAll(
      turn,
      Array.from(turn.files, ([path, { length }]) => {
        return `type=file;size=${length};modify=${TIME}; ${path.slice("/space/".length)}\r\n`;
      }).join(""),
    ),
  LIST: (turn) => sendAll(turn, ""),
  REST(turn, session) {
    session.offset = Number(turn.argument);
    turn.reply("350 from there");
  },
  async RETR(turn, session) {
    const found = fileOf(turn);
    const offset = session.offset;
    session.offset = 0;
    if (found !== undefined) await sendAll(turn, found.subarray(offset));
  },
  STOR: (turn) => receive(turn, new Uint8Array()),
  APPE: (turn) => receive(turn, turn.files.get(turn.argument) ?? new Uint8Array()),
  DELE(turn) {
    if (fileOf(turn) === undefined) return;
    turn.files.delete(turn.argument);
    turn.reply("250 gone");
  },
  RNFR(turn, session) {
    if (fileOf(turn) === undefined) return;
    session.renamed = turn.argument;
    turn.reply("350 to what");
  },
  RNTO({ argument, files, reply }, { renamed }) {
    files.set(argument, files.get(renamed) ?? new Uint8Array());
    files.delete(renamed);
    reply("250 done");
  },
};
