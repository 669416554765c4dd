import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { SftpOptions } from "../sftp.ts";

/** The ways to log in, the first to be tried first. */
export interface Login {
  readonly user: string;
  readonly methods: readonly ssh2.AnyAuthMethod[];
  /** What is tried, for messages: never a secret. */
  readonly tried: string;
}

/** Keys that ssh tries by itself. */
const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** Finds out how to log in: by what the credential says, else by the agent and the user's own keys.
 *
 *  Throws `Usage` for a missing user, `Config` for a key that cannot be read or opened. */
export async function loginMethods(
  info: StoreInfo,
  options: Pick<SftpOptions, "user" | "credential" | "passphrase"> & {
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Promise<Login> {
  const { credential, passphrase, environment } = options;
  const fault = (kind: "Usage" | "Config", state: string, cause?: unknown) =>
    storeError(info, { kind, operation: "open", state, cause });
  const user =
    options.user ?? (credential?.kind === "basic" ? credential.user : undefined) ?? environment["USER"];
  if (user === undefined || user === "") throw fault("Usage", 'option "user" is missing');

  /** The key, or why it cannot be used. */
  const openKey = (content: Uint8Array): ssh2.PublicKeyAuthMethod | string => {
    const parsed: unknown = ssh2.utils.parseKey(Buffer.from(content), passphrase);
    const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (key instanceof Error) {
      if (/no passphrase/i.test(key.message)) return 'it is encrypted; give its passphrase as "passphrase"';
      if (/passphrase|integrity|bad decrypt/i.test(key.message)) return "its passphrase is wrong";
      return "it is no private key that can be read (OpenSSH or PEM)";
    }
    return { type: "publickey", username: user, key: key as ssh2.ParsedKey };
  };
  const agentOf = (): ssh2.AgentAuthMethod | undefined => {
    const agent = environment["SSH_AUTH_SOCK"];
    return agent ? { type: "agent", username: user, agent } : undefined;
  };

  switch (credential?.kind) {
    case "basic": {
      const { password } = credential;
      const answer = (questions: readonly unknown[], finish: (answers: string[]) => void) =>
        finish(questions.map(() => password));
      return {
        user,
        tried: "the password",
        methods: [
          { type: "password", username: user, password },
          // Many servers ask for the password this way.
          {
            type: "keyboard-interactive",
            username: user,
            prompt: (_name, _instructions, _language, prompts, finish) => answer(prompts, finish),
          },
        ],
      };
    }
    case "file":
    case "base64": {
      const name = credential.kind === "file" ? `the key in ${credential.path}` : "the key";
      const content =
        credential.kind === "base64"
          ? credential.content
          : await readFile(credential.path).catch((cause: unknown) => {
              throw fault("Config", `cannot read ${name}`, cause);
            });
      const method = openKey(content);
      if (typeof method === "string") throw fault("Config", `cannot use ${name}: ${method}`);
      return { user, methods: [method], tried: name };
    }
    case "env": {
      const agent = agentOf();
      if (agent === undefined) throw fault("Config", "there is no agent: SSH_AUTH_SOCK is not set");
      return { user, methods: [agent], tried: "the agent" };
    }
    case undefined:
      break;
    default: {
      const state = 'option "credential" must be basic:USER:PASSWORD, file:/PATH, base64:KEY or env';
      throw fault("Usage", state);
    }
  }
  const methods: ssh2.AnyAuthMethod[] = [];
  const tried: string[] = [];
  const agent = agentOf();
  if (agent !== undefined) {
    methods.push(agent);
    tried.push("the agent");
  }
  const home = environment["HOME"];
  for (const name of home === undefined ? [] : DEFAULT_KEYS) {
    const content = await readFile(join(home ?? "", ".ssh", name)).catch(() => undefined);
    const method = content === undefined ? "there is none" : openKey(content);
    if (typeof method === "string") continue;
    methods.push(method);
    tried.push(`~/.ssh/${name}`);
  }
  if (methods.length > 0) return { user, methods, tried: tried.join(", ") };
  throw fault("Usage", 'option "credential" is missing, and there is neither an agent nor a key in ~/.ssh');
}
