import type { FTPContext } from "basic-ftp";

/** Longest part of a line that the server may leave without an end. */
const LINE_LENGTH_MAX = 64 * 1024;

/** How what a server of FTP says first begins. */
const REPLY = /^\d{3}(?:[ -]|\r?\n)/;
const REPLY_LENGTH = 4;

/** The part of the library that this file stands before. */
interface LineReader {
  _onControlSocketData(text: string): void;
}

/** Gives the library what a server says in whole lines: a reply that comes in two pieces would be taken for two, and `213 12` of `213 1234` for a length.
 *
 *  What is no FTP at its beginning ends the connection at once, as does a line without an end. To be called before the client connects. */
export function readWholeLines(context: FTPContext): void {
  const reader = context as unknown as LineReader;
  const take = reader._onControlSocketData.bind(context);
  let socket: unknown;
  let rest = "";
  let isFtp = false;
  reader._onControlSocketData = (text) => {
    // What was said before TLS began counts for nothing.
    if (context.socket !== socket) rest = "";
    socket = context.socket;
    rest += text;
    if (!isFtp && rest.length >= REPLY_LENGTH) {
      isFtp = REPLY.test(rest);
      const start = JSON.stringify(rest.slice(0, 80));
      if (!isFtp) return context.closeWithError(new Error(`the server speaks no FTP, it says ${start}`));
    }
    const end = rest.lastIndexOf("\n") + 1;
    const lines = rest.slice(0, end);
    rest = rest.slice(end);
    if (rest.length > LINE_LENGTH_MAX) {
      return context.closeWithError(new Error("the server's reply has a line without an end"));
    }
    if (lines !== "") take(lines);
  };
}
