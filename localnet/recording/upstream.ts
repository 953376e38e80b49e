import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { RecordingError } from "./file.ts";

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;

/** How some nodes say that they are asked too often (EIP-1474). */
const LIMIT_EXCEEDED = -32_005;

const ANSWER = z
  .object({ result: z.unknown().optional(), error: z.object({ code: z.number(), message: z.string() }).nullish() })
  .refine((answer) => "result" in answer || "error" in answer);

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
}

/** Answer of a node: a result, or the node's own error. */
export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcFailure };

/** Asks a node. Rejects with RecordingError when it cannot be reached, without naming it: its URL may hold a key. */
export type Upstream = (method: string, params: readonly unknown[]) => Promise<RpcAnswer>;

/**
 * Talks to a node over HTTP. Waits and tries again where the node is busy or away for a moment.
 *
 * @param url never part of an error, nor of what the node's own errors say.
 */
export function connectUpstream(url: string): Upstream {
  let id = 0;
  const secrets = secretsOf(url);
  const ask = async (method: string, params: readonly unknown[]): Promise<RpcAnswer | "busy"> => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 429 || response.status >= 500) {
      await response.arrayBuffer();
      return "busy";
    }
    const answer = ANSWER.safeParse(parseJson(await response.text()));
    if (!answer.success) {
      throw new RecordingError(`What answered ${method} with HTTP ${response.status} is no node. Check its URL.`);
    }
    const { result, error } = answer.data;
    if (error === undefined || error === null) return { result };
    if (error.code === LIMIT_EXCEEDED) return "busy";
    const message = secrets.reduce((said, secret) => said.replaceAll(secret, "…"), error.message);
    return { error: { code: error.code, message } };
  };

  return async (method, params) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await ask(method, params);
        if (answer !== "busy") return answer;
      } catch (error) {
        if (error instanceof RecordingError) throw error;
        // The cause is left out: it may name the node.
        if (attempt === ATTEMPTS) throw new RecordingError(`The node did not answer ${method}. Is it up?`);
      }
      if (attempt === ATTEMPTS) throw new RecordingError(`The node is too busy for ${method}. Try again later.`);
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parts of the URL that an error must not repeat: all of it, its host, and whatever else could be a key. */
function secretsOf(url: string): readonly string[] {
  const { host, pathname, search, username, password } = new URL(url);
  return [url, host, search, username, password, pathname, ...pathname.split("/")].filter((part) => part.length > 4);
}
