import { createServer } from "node:http";
import { afterEach, expect, test } from "vitest";
import { discard, httpClient } from "../../../../core/store/http/http_client.ts";
import { answerError } from "../../../../core/store/http/http_error.ts";
import { requestWithToken } from "../../../../core/store/oauth/request_with_token.ts";
import { listen, stop } from "../../../servers/listen.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Requests to a server that answers with these statuses, with tokens 1, 2, … of which each is given until it is refused. */
async function serviceThatAnswers(...statuses: readonly number[]) {
  const seen: (string | undefined)[] = [];
  const server = createServer((incoming, answer) => {
    incoming.resume();
    answer.writeHead(statuses[seen.length] ?? 200).end();
    seen.push(incoming.headers.authorization);
  });
  const port = await listen(server);
  const client = httpClient({ protocol: "http", host: "127.0.0.1", port, url: `http://127.0.0.1:${port}` });
  closing.push(
    () => client.close(),
    () => stop(server),
  );
  const info = { service: "x", name: "n", workDirectory: "/" };
  let token = 1;
  const tokens = {
    authorization: async () => `Bearer ${token}`,
    refused(header: string | undefined) {
      if (header === `Bearer ${token}`) token += 1;
      return true;
    },
  };
  const call = { operation: "stat", path: "a" };
  const ask = (rules: { readonly accept?: readonly number[]; readonly isAboutToken?: () => boolean } = {}) =>
    requestWithToken({ info, client, tokens }, call, {
      ...{ method: "GET", path: "/", ...rules },
      async errorOf(answer) {
        discard(answer);
        return answerError(info, call, answer);
      },
    });
  return { ask, seen, stop: () => stop(server) };
}

test("a refused token is replaced once", async () => {
  const { ask, seen } = await serviceThatAnswers(401, 200);
  const answer = await ask();
  discard(answer);
  expect(answer.status).toBe(200);
  expect(seen).toEqual(["Bearer 1", "Bearer 2"]);
  const refusing = await serviceThatAnswers(401, 401, 200);
  await expect(refusing.ask()).rejects.toMatchObject({ kind: "PermissionDenied", retry: "never" });
  expect(refusing.seen).toEqual(["Bearer 1", "Bearer 2"]);
});

test("a refusal that is not about the token, and any other, is an error at once", async () => {
  const { ask, seen } = await serviceThatAnswers(401, 403);
  await expect(ask({ isAboutToken: () => false })).rejects.toMatchObject({ kind: "PermissionDenied" });
  await expect(ask()).rejects.toMatchObject({ kind: "PermissionDenied" });
  expect(seen).toEqual(["Bearer 1", "Bearer 1"]);
});

test("an answer that is accepted is given back, and one that does not come is Unreachable", async () => {
  const { ask, stop } = await serviceThatAnswers(404);
  const answer = await ask({ accept: [404] });
  discard(answer);
  expect(answer.status).toBe(404);
  await stop();
  await expect(ask()).rejects.toMatchObject({ kind: "Unreachable", retry: "later" });
});
