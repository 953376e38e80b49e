import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { toQuantity } from "../rpc.ts";
import { RecordingError, readRecording, writeRecording, type Recording } from "./file.ts";
import { pinRequest } from "./requests.ts";
import { connectUpstream, type RpcAnswer, type Upstream } from "./upstream.ts";

const LOCALHOST = "127.0.0.1";
/** A run that is killed loses at most what it read since. */
const SAVE_EVERY_MS = 15_000;
const SERVER_ERROR = -32_000;

/**
 * What to do with what was recorded before: "use" answers from it and asks the node, where there is one, only for the rest;
 * "renew" forgets it and asks the node; "replay" never asks the node.
 */
export type RecordingMode = "use" | "renew" | "replay";

export interface RecorderOptions {
  /** For people: what is recorded, and where its node is named. */
  readonly name: string;
  /** Where the recording is kept. Made when it is missing. */
  readonly file: string;
  /** The chain is presented as if it ended with this block. */
  readonly block: bigint;
  /** A chain with another id is refused. Absent: any. */
  readonly chainId?: number;
  /** HTTP URL of a node that knows the state at `block`. Absent: only what was recorded can be answered. */
  readonly upstreamUrl?: string;
  /** Default "use". */
  readonly mode?: RecordingMode;
}

export interface Recorder {
  /** JSON-RPC over HTTP, bound to 127.0.0.1. */
  readonly url: string;
  /** How often an answer came from the recording, and how often from the node. */
  readonly counts: { readonly replayed: number; readonly asked: number; readonly refused: number };
  /** Stops serving and keeps what was read. */
  close(): Promise<void>;
}

/**
 * A node in between: answers from a recording what was asked before, passes the rest on and records the answer. Only answers
 * that can never change are recorded, so that a recording is as good as the chain at its block.
 *
 * Throws RecordingError when there is neither a recording nor a node, or they are of another chain or block.
 * @example
 * const recorder = await startRecorder({ name: "mainnet", file: ".fork-cache/mainnet-24600000.json.gz", block: 24_600_000n });
 * await openFork(recorder.url); // needs no network
 */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const { file, block } = options;
  const mode = options.mode ?? "use";
  const upstream =
    options.upstreamUrl === undefined || mode === "replay" ? undefined : connectUpstream(options.upstreamUrl);
  const recording = await openRecording(options, mode, upstream);
  const counts = { replayed: 0, asked: 0, refused: 0 };
  const underWay = new Map<string, Promise<RpcAnswer>>();
  let unsaved = false;
  let saving: Promise<void> = Promise.resolve();

  const save = (): Promise<void> => {
    if (unsaved) {
      unsaved = false;
      saving = saving.then(() => writeRecording(file, recording));
    }
    return saving;
  };

  const askUpstream = async (key: string, method: string, params: readonly unknown[]): Promise<RpcAnswer> => {
    if (upstream === undefined) {
      counts.refused++;
      throw new RecordingError(
        `${method} ${JSON.stringify(params)} was never recorded (${file}). ` +
          `The code asks for something new: record again with the node of ${options.name}.`,
      );
    }
    counts.asked++;
    const answer = await upstream(method, params);
    // What does not exist yet may exist tomorrow.
    if ("result" in answer && answer.result !== null && answer.result !== undefined) {
      recording.answers.set(key, answer.result);
      unsaved = true;
    }
    return answer;
  };

  const answer = async (method: string, params: readonly unknown[]): Promise<RpcAnswer> => {
    const pinned = pinRequest(method, params, block, recording.chainId);
    if (pinned.kind === "answered") return { result: pinned.result };
    if (pinned.kind === "refused") {
      counts.refused++;
      throw new RecordingError(pinned.reason);
    }
    if (recording.answers.has(pinned.key)) {
      counts.replayed++;
      return { result: recording.answers.get(pinned.key) };
    }
    const known = underWay.get(pinned.key);
    if (known !== undefined) return known;
    const asked = askUpstream(pinned.key, pinned.method, pinned.params);
    underWay.set(pinned.key, asked);
    return asked.finally(() => underWay.delete(pinned.key));
  };

  const server = createServer((request, response) => {
    void serve(request, response, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOCALHOST, resolve);
  });
  const timer = setInterval(() => {
    // What could not be written now is tried again by close(), which says why.
    save().catch(() => {
      unsaved = true;
      saving = Promise.resolve();
    });
  }, SAVE_EVERY_MS);
  timer.unref();

  return {
    url: `http://${LOCALHOST}:${(server.address() as AddressInfo).port}`,
    counts,
    close: async () => {
      clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await save();
    },
  };
}

async function openRecording(
  { name, file, block, chainId }: RecorderOptions,
  mode: RecordingMode,
  upstream: Upstream | undefined,
): Promise<Recording> {
  const kept = mode === "renew" ? undefined : await readRecording(file);
  if (kept === undefined && upstream === undefined) {
    throw new RecordingError(
      mode === "renew"
        ? `Recording ${name} needs its node.`
        : `There is no recording of ${name} at block ${block} (${file}), and no node to make one with.`,
    );
  }
  if (kept !== undefined && kept.block !== block) {
    throw new RecordingError(`${file} was recorded at block ${kept.block}, not ${block}. Record again.`);
  }
  const found = upstream === undefined ? (kept?.chainId ?? "") : await readChainId(upstream, block);
  const expected = kept?.chainId ?? (chainId === undefined ? found : toQuantity(BigInt(chainId)));
  if (found !== expected || (chainId !== undefined && BigInt(found) !== BigInt(chainId))) {
    throw new RecordingError(
      `${upstream === undefined ? file : `The node of ${name}`} is of chain ${BigInt(found)}, ` +
        `expected ${chainId ?? BigInt(expected)}.`,
    );
  }
  return kept ?? { chainId: found, block, answers: new Map<string, unknown>() };
}

/** Chain of the node; throws when it does not have the block. */
async function readChainId(upstream: Upstream, block: bigint): Promise<string> {
  const read = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const answer = await upstream(method, params);
    if ("error" in answer) throw new RecordingError(`The node refuses ${method}: ${answer.error.message}`);
    return answer.result;
  };
  const chainId = await read("eth_chainId", []);
  if (typeof chainId !== "string") throw new RecordingError("The node does not say which chain it is on.");
  if ((await read("eth_getBlockByNumber", [toQuantity(block), false])) === null) {
    throw new RecordingError(`The node has no block ${block}.`);
  }
  return toQuantity(BigInt(chainId));
}

interface RpcRequest {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (method: string, params: readonly unknown[]) => Promise<RpcAnswer>,
): Promise<void> {
  const answerOne = async ({ id, method, params }: RpcRequest): Promise<object> => {
    const head = { jsonrpc: "2.0", id: id ?? null };
    if (typeof method !== "string") return { ...head, error: { code: -32_600, message: "A request names a method." } };
    try {
      return { ...head, ...(await answer(method, Array.isArray(params) ? (params as readonly unknown[]) : [])) };
    } catch (error) {
      return { ...head, error: { code: SERVER_ERROR, message: (error as Error).message } };
    }
  };
  let body: unknown;
  try {
    body = JSON.parse(await text(request));
  } catch {
    response.writeHead(400).end();
    return;
  }
  const answered = Array.isArray(body)
    ? await Promise.all((body as readonly RpcRequest[]).map(answerOne))
    : await answerOne(body as RpcRequest);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered));
}
