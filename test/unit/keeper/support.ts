import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { getAddress, Wallet } from "ethers";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { Alert } from "../../../keeper/alerts.ts";
import { createManualClock, type ManualClock } from "../../../keeper/clock.ts";
import type { FeeLimits } from "../../../keeper/fees.ts";
import type { GuardRules } from "../../../keeper/guard.ts";
import { Journal } from "../../../keeper/journal.ts";
import { silentLog } from "../../../keeper/log.ts";
import { connectEip1193 } from "../../../keeper/rpc.ts";
import { type KeeperSigner, openSigner } from "../../../keeper/signers.ts";
import type { SubmitRequest } from "../../../keeper/preview.ts";
import { Submitter, type SubmitterSettings } from "../../../keeper/submitter.ts";
import { encodeReconcile } from "../../../sdk/chain/encode.ts";
import type { RpcSender } from "../../../sdk/chain/snapshot.ts";

export const CHAIN_ID = 31_337n;
export const GWEI = 1_000_000_000n;
/** A target whose every call adds one to its storage slot 0: effects can be counted. */
export const VAULT = getAddress("0x00000000000000000000000000000000000a0a01");
export const OTHER_VAULT = getAddress("0x00000000000000000000000000000000000a0a02");
export const LENS = getAddress("0x00000000000000000000000000000000000a0a03");
/** Local key without any value; made up for these tests. */
export const KEY = `0x${"59c6".padEnd(64, "7")}`;
export const SIGNER_ADDRESS = new Wallet(KEY).address;

/** sstore(0, sload(0) + 1) */
const COUNTER_CODE = "0x5f546001015f5500";
const COST_OF_LIVING_WEI = 10n ** 20n;

/** Code that reverts with the given data, at most 255 bytes. */
export function revertingCode(data: string): string {
  const length = ((data.length - 2) / 2).toString(16).padStart(2, "0");
  return `0x60${length}600a5f3960${length}5ffd${data.slice(2)}`;
}

/** A real chain in this process, with helpers that mine only when told to. */
export interface TestChain {
  readonly connection: NetworkConnection<"l1">;
  readonly rpc: RpcSender;
  request(method: string, ...params: unknown[]): Promise<unknown>;
  /** How often the target was called with success. */
  effects(target?: string): Promise<number>;
  /** Transactions of the signer that were mined. */
  nonce(): Promise<number>;
  setAutomine(on: boolean): Promise<void>;
  setCode(target: string, code: string): Promise<void>;
  /** Base fee of the next block. */
  setBaseFee(wei: bigint): Promise<void>;
  mine(blocks?: number): Promise<void>;
  timestamp(): Promise<number>;
  close(): Promise<void>;
}

export async function startChain(): Promise<TestChain> {
  const connection = await hre.network.create({ network: "twin", chainType: "l1" });
  return await dressChain(connection);
}

/** Gives the chain its targets and the signer its coins. */
export async function dressChain(connection: NetworkConnection<"l1">): Promise<TestChain> {
  const request = (method: string, ...params: unknown[]): Promise<unknown> =>
    connection.provider.request({ method, params });
  for (const target of [VAULT, OTHER_VAULT, LENS]) await request("hardhat_setCode", target, COUNTER_CODE);
  await request("hardhat_setBalance", SIGNER_ADDRESS, hex(COST_OF_LIVING_WEI));
  return {
    connection,
    rpc: connectEip1193(connection.provider, CHAIN_ID),
    request,
    effects: async (target = VAULT) =>
      Number(BigInt(String(await request("eth_getStorageAt", target, "0x0", "latest")))),
    nonce: async () => Number(await request("eth_getTransactionCount", SIGNER_ADDRESS, "latest")),
    setAutomine: async (on) => {
      await request("evm_setAutomine", on);
    },
    setCode: async (target, code) => {
      await request("hardhat_setCode", target, code);
    },
    setBaseFee: async (wei) => {
      await request("hardhat_setNextBlockBaseFeePerGas", hex(wei));
    },
    mine: async (blocks = 1) => {
      await request("hardhat_mine", hex(BigInt(blocks)));
    },
    timestamp: async () => {
      const block = (await request("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
      return Number(block.timestamp);
    },
    close: () => connection.close(),
  };
}

export const LIMITS: FeeLimits = {
  maxFeePerGas: 50n * GWEI,
  emergencyMaxFeePerGas: 400n * GWEI,
  maxPriorityFeePerGas: 2n * GWEI,
};

export const GUARD: GuardRules = {
  chainId: CHAIN_ID,
  signer: SIGNER_ADDRESS,
  vaults: [VAULT, OTHER_VAULT],
  highestFeePerGas: LIMITS.emergencyMaxFeePerGas,
};

export const SETTINGS: SubmitterSettings = {
  confirmationTimeoutMs: 30_000,
  receiptPollMs: 1_000,
  simulateAt: "latest",
  finalityBlocks: 20,
};

/** A submitter with everything it stands on, each part replaceable. */
export interface Bench {
  readonly submitter: Submitter;
  readonly journal: Journal;
  readonly clock: ManualClock;
  readonly alerts: Alert[];
}

export async function createBench(
  chain: TestChain,
  parts: {
    readonly rpc?: RpcSender;
    readonly journal?: Journal;
    readonly signer?: KeeperSigner;
    readonly clock?: ManualClock;
    readonly settings?: Partial<SubmitterSettings>;
    readonly limits?: FeeLimits;
  } = {},
): Promise<Bench> {
  const clock = parts.clock ?? createManualClock((await chain.timestamp()) * 1_000);
  const journal = parts.journal ?? Journal.open(":memory:");
  const alerts: Alert[] = [];
  const submitter = new Submitter({
    rpc: parts.rpc ?? chain.rpc,
    guard: GUARD,
    limits: parts.limits ?? LIMITS,
    journal,
    signer: parts.signer ?? (await openSigner({ kind: "localKey", privateKey: KEY }, CHAIN_ID)),
    clock,
    log: silentLog,
    settings: { ...SETTINGS, ...parts.settings },
    onAlert: (alert) => alerts.push(alert),
  });
  return { submitter, journal, clock, alerts };
}

/** A call that the guard lets through; its effect is one more in the target's slot. */
export function requestFor(overrides: Partial<SubmitRequest> = {}): SubmitRequest {
  const vault = overrides.vault ?? VAULT;
  return {
    vault,
    action: "reconcile",
    data: encodeReconcile(vault).data,
    riskReducing: false,
    validUntil: 4_000_000_000,
    blockNumber: 1,
    blockHash: `0x${"11".repeat(32)}`,
    decision: { kind: "reconcile" },
    plan: undefined,
    before: undefined,
    ...overrides,
  };
}

/** An RPC that hands every call to `before`, which may throw or answer in its place. */
export function intercept(
  rpc: RpcSender,
  before: (method: string, params: readonly unknown[]) => Promise<unknown> | undefined | void,
): RpcSender {
  return {
    send: async (method: string, params: unknown[]) => {
      const answer = await before(method, params);
      return answer === undefined ? await rpc.send(method, params) : answer;
    },
  };
}

/** An RPC that counts calls of one method. */
export function countCalls(rpc: RpcSender, method: string): { readonly rpc: RpcSender; count(): number } {
  let calls = 0;
  const counted = intercept(rpc, (name) => {
    if (name === method) calls += 1;
  });
  return { rpc: counted, count: () => calls };
}

/** Path of a file that does not exist, and its removal. */
export function temporaryFile(name: string): { readonly path: string; remove(): Promise<void> } {
  const file = path.join(tmpdir(), `hedgerow-${randomBytes(6).toString("hex")}-${name}`);
  return {
    path: file,
    remove: async () => {
      for (const suffix of ["", "-wal", "-shm"]) await rm(`${file}${suffix}`, { force: true });
    },
  };
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** The error that a promise rejects with; fails when it does not reject. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Rejected with ${String(error)}, which is no Error`);
  }
  throw new Error("Expected a rejection");
}

/** Serves a chain over HTTP to other processes; `answer` may also hang or fail on purpose. */
export async function serveRpc(
  answer: (method: string, params: readonly unknown[]) => Promise<unknown>,
  statusCode = 200,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as RpcRequest;
      const reply = (body: object): void => {
        response.statusCode = statusCode;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
      };
      answer(method, params).then(
        (result) => reply({ result }),
        (error: { code?: number; message: string; data?: unknown }) =>
          reply({ error: { code: error.code ?? -32_000, message: error.message, data: error.data } }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that fails before it closes the server must not keep the run alive.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
