import { getAddress } from "ethers";

import { type ScanOptions, scanBlocks } from "./blockScan.ts";
import { vaultInterface } from "./contracts.ts";
import type { EventEmitter } from "./eventColumns.ts";
import { ADAPTER_CHANGED, comparePositions, type RawLog, readRawLogs, withTimes } from "./logs.ts";
import { readVaultLogs } from "./replayLogs.ts";
import type { VaultLog } from "./replayState.ts";
import type { RpcSender } from "./snapshot.ts";

/** Whose events are read. The adapters follow from the vault's own events. */
export interface EventSources {
  readonly vault: string;
  readonly policy: string;
  readonly authority: string;
  readonly volatility: string;
  /** Block that created the vault. */
  readonly createdBlock: number;
}

/** A log and who emitted it. */
export interface EmittedLog {
  readonly emitter: EventEmitter;
  readonly log: VaultLog;
}

/** Blocks that were read, and the logs in them. */
export interface EventPart {
  readonly toBlock: number;
  /** By block and log index. */
  readonly logs: readonly EmittedLog[];
}

/** Adapters in use at some block. */
interface Adapters {
  readonly liquidity: string | undefined;
  readonly hedges: readonly string[];
}

/**
 * All logs of a vault, its policy, its AccessManager, its measure of volatility, and whatever adapters it ran on at the time.
 *
 * @param toBlock Last block, included; one that will not be replaced.
 * @returns The parts in order, without a gap.
 * Throws ReadError when the node's answers do not belong to one chain, and what the node throws.
 */
export async function* readEventLogs(
  provider: RpcSender,
  sources: EventSources,
  fromBlock: number,
  toBlock: number,
  options: ScanOptions,
): AsyncGenerator<EventPart> {
  let adapters: Adapters = { liquidity: undefined, hedges: [] };
  const readChanges = (from: number, to: number): Promise<readonly RawLog[]> =>
    readRawLogs(provider, [sources.vault], from, to, [ADAPTER_CHANGED]);
  for await (const { result } of scanBlocks(sources.createdBlock, fromBlock - 1, readChanges, options)) {
    for (const change of result) adapters = afterChange(adapters, change);
  }

  const read = async (from: number, to: number): Promise<readonly [readonly VaultLog[], readonly VaultLog[]]> => {
    const { vault, policy, authority, volatility } = sources;
    const current = [...(adapters.liquidity === undefined ? [] : [adapters.liquidity]), ...adapters.hedges];
    const own = await readVaultLogs(provider, { vault, policy, adapters: current }, from, to, {
      chunkBlocks: to - from + 1,
    });
    return [own, await withTimes(provider, await readRawLogs(provider, [authority, volatility], from, to))];
  };
  for await (const { toBlock: to, result } of scanBlocks(fromBlock, toBlock, read, options)) {
    const [own, others] = result;
    const emitted: EmittedLog[] = [];
    for (const log of own) {
      if (log.address === getAddress(sources.vault)) {
        if (log.topics[0] === ADAPTER_CHANGED) adapters = afterChange(adapters, log);
        emitted.push({ emitter: "vault", log });
      } else if (log.address === getAddress(sources.policy)) {
        emitted.push({ emitter: "policy", log });
      } else {
        emitted.push({ emitter: log.address === adapters.liquidity ? "liquidity" : "hedge", log });
      }
    }
    for (const log of others) {
      emitted.push({ emitter: log.address === getAddress(sources.authority) ? "authority" : "volatility", log });
    }
    emitted.sort((a, b) => comparePositions(a.log, b.log));
    yield { toBlock: to, logs: emitted };
  }
}

/** The first adapter that comes is the liquidity, whose place no hedge takes later. */
function afterChange(adapters: Adapters, log: { readonly topics: readonly string[]; readonly data: string }): Adapters {
  const { args } = vaultInterface.parseLog(log) ?? {};
  const [current, next] = [String(args?.getValue("current")), String(args?.getValue("next"))];
  if (adapters.liquidity === undefined || current === adapters.liquidity) return { ...adapters, liquidity: next };
  const left = adapters.hedges.filter((hedge) => hedge !== current);
  return { ...adapters, hedges: BigInt(next) === 0n ? left : [...left, next] };
}
