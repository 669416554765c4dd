import { type AsideFiles, asideOf, bringBack, settleAside } from "../../files/replace_aside.ts";
import type { FtpConnection } from "./ftp_connection.ts";
import type { FtpEntry } from "./ftp_facts.ts";
import { type FtpCall, type FtpRoot, isAbsence } from "./ftp_root.ts";

/** One change, on a connection of its own. */
export type FtpChange = FtpCall & { readonly connection: FtpConnection };

/** The files of a server: many do not rename over a file, and none says so beforehand. */
export function asideFiles(root: FtpRoot, { connection, ...call }: FtpChange): AsideFiles {
  const command = (text: string, path: string) =>
    connection.command(`${text} ${root.native(connection, path)}`, root.wait(call));
  return {
    async rename(source, target) {
      await command("RNFR", source);
      await command("RNTO", target);
    },
    async remove(path) {
      await command("DELE", path).catch((error: unknown) => {
        if (!isAbsence(error)) throw error;
      });
    },
    async look(path) {
      const found = await root.look(connection, { ...call, path });
      if (found === undefined) return undefined;
      return found.kind === "directory" ? "directory" : "object";
    },
  };
}

/** What is at the path of the call, also where a crash has left it aside: then it gets its place back. */
export async function lookForObject(root: FtpRoot, change: FtpChange): Promise<FtpEntry | undefined> {
  const { connection, ...call } = change;
  const found = await root.look(connection, call);
  if (found !== undefined || !(await bringBack(asideFiles(root, change), call.path))) return found;
  return await root.look(connection, call);
}

/** Removes what a crash may have left aside of an object that is to go. */
export async function forgetAside(root: FtpRoot, change: FtpChange): Promise<void> {
  await asideFiles(root, change).remove(asideOf(change.path));
}

/** What a list does with an object that it finds aside: gives it its place back, and tells what it is; removes it where another one has its place. */
export async function settleFtp(root: FtpRoot, change: FtpChange): Promise<FtpEntry | undefined> {
  const { connection, ...call } = change;
  const isBack = await settleAside(asideFiles(root, change), call.path);
  return isBack ? await root.look(connection, call) : undefined;
}
