import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type Socket } from "node:net";

import hre from "hardhat";
import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { NetworkConnection } from "hardhat/types/network";

import { toQuantity } from "./rpc.ts";
import { attachTwin, startTwin, type Twin, type TwinDescription, type TwinOptions } from "./twin.ts";

const LOCALHOST = "127.0.0.1";

export interface ServeOptions extends TwinOptions {
  /** Default: any free port. */
  readonly port?: number;
}

export interface ServedTwin {
  /** JSON-RPC over HTTP; the same port speaks WebSocket. Bound to 127.0.0.1 only. */
  readonly url: string;
  /** Handle inside this process, on the chain that is served. */
  readonly twin: Twin;
  close(): Promise<void>;
}

/**
 * Starts a twin and serves it to other processes, wallets and forks. The handle and the server share one chain.
 * @example
 * const { url, close } = await serveTwin({ port: 8545 });
 */
export async function serveTwin(options: ServeOptions = {}): Promise<ServedTwin> {
  const { port, ...twinOptions } = options;
  return serveExistingTwin(await startTwin(twinOptions), port);
}

/**
 * Serves a twin that is already running. Hardhat's `createServer` always opens a network of its own, so for the time of
 * that call a hook answers "new connection" with the twin's one.
 */
export async function serveExistingTwin(twin: Twin, port = 0): Promise<ServedTwin> {
  await expectFreePort(port);
  const reuse: Partial<NetworkHooks> = {
    newConnection: async <ChainTypeT extends string>(
      _context: HookContext,
      _next: (nextContext: HookContext) => Promise<NetworkConnection<ChainTypeT>>,
    ) => twin.connection as unknown as NetworkConnection<ChainTypeT>,
  };
  hre.hooks.registerHandlers("network", reuse);
  const server = await hre.network
    .createServer("twin", LOCALHOST, port)
    .finally(() => hre.hooks.unregisterHandlers("network", reuse));
  const bound = await server.listen();
  const sockets = trackSockets(bound.port);
  return {
    url: `http://${LOCALHOST}:${bound.port}`,
    twin,
    close: async () => {
      const closed = server.close();
      sockets.destroyAll();
      await closed;
      await twin.close();
    },
  };
}

/**
 * The connections of the server at this port. Hardhat's `close` waits for every client to leave, for ever when one
 * holds a connection it never used (a fork's connection pool) or a WebSocket, and it does not expose them.
 */
function trackSockets(port: number): { destroyAll(): void } {
  const channel = "net.server.socket";
  const open = new Set<Socket>();
  const onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== port) return;
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  subscribe(channel, onSocket);
  return {
    destroyAll: () => {
      unsubscribe(channel, onSocket);
      for (const socket of open) socket.destroy();
    },
  };
}

/** Hardhat's server leaves a taken port to an uncaught "error" event; this makes it an error of the caller. */
async function expectFreePort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(port, LOCALHOST, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

/** How a fork looks at the chain it is of. */
export interface ForkOptions {
  /** Default: the chain's latest block. */
  readonly blockNumber?: number;
  /**
   * "l1" (default) reads blocks as Ethereum's. "generic" also takes transactions that Ethereum does not have, such as those
   * of Arbitrum and Base. What runs on the fork itself runs by Ethereum's rules either way.
   */
  readonly chainType?: "l1" | "generic";
}

/**
 * Forks the chain behind a node: a private copy whose chain id is the twin's. One block of its own is mined: Hardhat knows
 * no hardfork history of chains that are not Ethereum's, so it executes nothing on the forked block itself; and the fork's
 * clock would otherwise jump to the wall clock, which makes every feed stale.
 */
export async function openFork(url: string, options: ForkOptions = {}): Promise<NetworkConnection<"l1">> {
  // Left alone, Hardhat takes a block that no reorganisation reaches any more: 128 before the latest.
  const blockNumber = options.blockNumber ?? (await readBlockNumber(url));
  const connection = await hre.network.create({
    network: "twin",
    chainType: options.chainType ?? "l1",
    override: { forking: { enabled: true, url, blockNumber } },
  });
  const { provider } = connection;
  const latest = (await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    timestamp: string;
  };
  await provider.request({ method: "evm_setNextBlockTimestamp", params: [toQuantity(BigInt(latest.timestamp) + 12n)] });
  await provider.request({ method: "evm_mine" });
  // The kinds of chain differ in what viem makes of them, which nothing here uses.
  return connection as NetworkConnection<"l1">;
}

async function readBlockNumber(url: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }),
  });
  const { result } = (await response.json()) as { readonly result?: string };
  if (result === undefined) throw new Error("The node to fork does not say which block is its latest.");
  return Number(BigInt(result));
}

/**
 * Forks a served twin: a private copy that leaves the served chain untouched.
 * @param description `served.twin.describe()`
 */
export async function forkTwin(url: string, description: TwinDescription): Promise<Twin> {
  return attachTwin(await openFork(url), description);
}
