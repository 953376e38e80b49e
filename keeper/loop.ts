import type { RpcSender } from "../sdk/chain/snapshot.ts";
import type { Clock } from "./clock.ts";
import { type KeeperLog, LogEvent } from "./log.ts";
import { readHead } from "./rpc.ts";
import { describeRpcError } from "./rpcErrors.ts";
import type { TickRecord } from "./outcomes.ts";

export interface LoopDeps {
  readonly rpc: RpcSender;
  readonly clock: Clock;
  readonly log: KeeperLog;
  readonly pollMs: number;
  /** A tick is due after this long even without a new block: a head that stands still is found by a tick. */
  readonly maxQuietMs: number;
  readonly hasOpenIntent: () => boolean;
  readonly tick: (signal: AbortSignal) => Promise<TickRecord>;
}

/**
 * Ticks at every new block until `signal` aborts; the tick at work is finished, its wait for a receipt cut short.
 *
 * A node that does not answer, or a tick that throws, is logged and tried again: only the signal ends the loop.
 */
export async function runLoop(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  let seenHash: string | undefined;
  let lastTickMs = -Infinity;
  while (!signal.aborted) {
    try {
      const { hash } = await readHead(deps.rpc);
      const quiet = deps.clock.nowMs() - lastTickMs >= deps.maxQuietMs;
      if (hash !== seenHash || quiet || deps.hasOpenIntent()) {
        const record = await deps.tick(signal);
        // What the tick really saw: blocks that came while it ran are still new.
        seenHash = record.head?.hash;
        lastTickMs = deps.clock.nowMs();
        deps.log.debug({ block: record.head?.number, ms: record.finishedAtMs - record.startedAtMs }, LogEvent.tickDone);
      }
    } catch (error) {
      deps.log.error({ error: describeRpcError(error) }, LogEvent.tickFailed);
    }
    if (!signal.aborted) await deps.clock.sleep(deps.pollMs, signal);
  }
}
