import type { JcsError } from "../../errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/http_client.ts";
import { exchangeError, type HttpCall } from "../http/http_error.ts";
import type { StoreInfo } from "../store.ts";
import { throwIfCancelled } from "../store_error.ts";

/** Gives requests their header `Authorization`. */
export interface RequestTokens {
  /** The header; `undefined` where requests have none. */
  authorization(call: HttpCall): Promise<string | undefined>;
  /** Says that the service refused this header with 401; whether another one may help, so that the request is worth another try. */
  refused(header: string | undefined): boolean;
}

/** What becomes of the answers to a request. */
export interface AnswerRules {
  /** Statuses from 300 on whose answers are given back, too. */
  readonly accept?: readonly number[];
  /** The error that any other answer stands for. Lets go of the answer. */
  readonly errorOf: (answer: HttpAnswer) => Promise<JcsError>;
  /** Whether the error of an answer of status 401 may be about the token; unless given, it may. */
  readonly isAboutToken?: (error: JcsError) => boolean;
}

/** Makes one request with a token, and turns its failure, or an answer of status 300 and above, into a `JcsError`. When the service refuses the token, it
 *  is made once more with a new one. */
export async function requestWithToken(
  service: { readonly info: StoreInfo; readonly client: HttpClient; readonly tokens: RequestTokens },
  call: HttpCall,
  request: HttpRequest & AnswerRules,
): Promise<HttpAnswer> {
  const { info, client, tokens } = service;
  const { accept = [], errorOf, isAboutToken = () => true, ...sent } = request;
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(info, { ...call, signal: call.signal });
    const authorization = await tokens.authorization(call);
    const headers = { ...sent.headers, ...(authorization === undefined ? {} : { authorization }) };
    let answer: HttpAnswer;
    try {
      answer = await client.send({ ...sent, headers, signal: call.signal });
    } catch (failure) {
      throw exchangeError(info, call, failure);
    }
    if (answer.status < 300 || accept.includes(answer.status)) return answer;
    const error = await errorOf(answer);
    const mayBeOld = answer.status === 401 && attempt === 1 && isAboutToken(error);
    if (!mayBeOld || !tokens.refused(authorization)) throw error;
  }
}
