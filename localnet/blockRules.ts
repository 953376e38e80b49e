import hre from "hardhat";
import type { HookContext } from "hardhat/types/hooks";
import type { NetworkConnection } from "hardhat/types/network";
import type { JsonRpcRequest, JsonRpcResponse } from "hardhat/types/providers";

import { toQuantity } from "./rpc.ts";

/** Requests that mine a block under automine. */
const MINING_METHODS: ReadonlySet<string> = new Set(["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine"]);
/** Requests by which a caller chooses the time of the next block itself. */
const CLOCK_METHODS: ReadonlySet<string> = new Set(["evm_setNextBlockTimestamp", "evm_increaseTime"]);

/**
 * Rules for every block of one simulated chain, whoever asks for it, this process or a client of the served twin:
 * one second after its parent unless the caller set the time, and at a fixed base fee. Left alone, the chain follows the
 * wall clock and lets the base fee sink by an eighth a block, so no two runs would be alike.
 */
export interface BlockRules {
  baseFeeWei: bigint;
}

interface RuledChain {
  readonly rules: BlockRules;
  timeIsChosen: boolean;
  /** Mining requests run one after the other: each prepares the block it mines. */
  queue: Promise<unknown>;
}

const ruledChains = new WeakMap<object, RuledChain>();
let isHookRegistered = false;

/** Puts the rules in force on a connection. Changing `baseFeeWei` of the returned object takes effect at the next block. */
export function enforceBlockRules(connection: NetworkConnection<"l1">, baseFeeWei: bigint): BlockRules {
  const rules: BlockRules = { baseFeeWei };
  ruledChains.set(connection, { rules, timeIsChosen: false, queue: Promise.resolve() });
  if (!isHookRegistered) {
    hre.hooks.registerHandlers("network", { onRequest });
    isHookRegistered = true;
  }
  return rules;
}

/** Lets a chain go: its blocks follow the wall clock and its base fee demand, as those of any node. */
export function releaseBlockRules(connection: NetworkConnection<"l1">): void {
  ruledChains.delete(connection);
}

async function onRequest<ChainTypeT extends string>(
  context: HookContext,
  connection: NetworkConnection<ChainTypeT>,
  request: JsonRpcRequest,
  next: (
    nextContext: HookContext,
    nextConnection: NetworkConnection<ChainTypeT>,
    nextRequest: JsonRpcRequest,
  ) => Promise<JsonRpcResponse>,
): Promise<JsonRpcResponse> {
  const chain = ruledChains.get(connection);
  const pass = (): Promise<JsonRpcResponse> => next(context, connection, request);
  if (chain === undefined) return pass();
  if (CLOCK_METHODS.has(request.method)) chain.timeIsChosen = true;
  if (!MINING_METHODS.has(request.method)) return pass();

  const ask = (method: string, params: readonly unknown[]): Promise<JsonRpcResponse> =>
    next(context, connection, { jsonrpc: "2.0", id: request.id, method, params: [...params] });
  const mine = async (): Promise<JsonRpcResponse> => {
    const callerGivesTime = request.method === "evm_mine" && Array.isArray(request.params) && request.params.length > 0;
    if (!chain.timeIsChosen && !callerGivesTime) {
      const latest = await ask("eth_getBlockByNumber", ["latest", false]);
      if (!("result" in latest)) return latest;
      const { timestamp } = latest.result as { timestamp: string };
      await ask("evm_setNextBlockTimestamp", [toQuantity(BigInt(timestamp) + 1n)]);
    }
    chain.timeIsChosen = false;
    await ask("hardhat_setNextBlockBaseFeePerGas", [toQuantity(chain.rules.baseFeeWei)]);
    return pass();
  };
  const mined = chain.queue.then(mine);
  chain.queue = mined.catch(() => undefined); // the failure belongs to this request, not to the next one
  return mined;
}
