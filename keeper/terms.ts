import { readHedgeTerms } from "../sdk/chain/hedgeTerms.ts";
import type { RpcSender } from "../sdk/chain/snapshot.ts";
import { hedgeKindOf } from "../sdk/policy/hedges.ts";
import type { HedgeTerms, PolicySettings, Snapshot } from "../sdk/policy/types.ts";
import { type KeeperLog, LogEvent } from "./log.ts";
import type { FeeFlowSettings } from "./feeFlow.ts";
import { nativePriceOf } from "./market.ts";
import type { Head } from "./rpc.ts";
import { describeRpcError } from "./rpcErrors.ts";

/** Reads what a vault's hedges cost; undefined for a vault whose choice does not depend on it. */
export type TermsReader = (snapshot: Snapshot, head: Head) => Promise<readonly (HedgeTerms | undefined)[] | undefined>;

/** The part of the configuration that terms depend on. */
export interface TermsSettings {
  readonly policy: Pick<PolicySettings, "targetHealth">;
  readonly feeFlow: FeeFlowSettings;
  readonly wrappedNative: string;
  readonly nativePriceQuote: number | undefined;
}

/**
 * Asks the venues at most once in the time between two samples of the fee flow: rates move slowly, and each look is a dozen
 * calls. A vault that has one hedge, and that a loan, has nothing to choose and is not asked about.
 */
export function createTermsReader(rpc: RpcSender, log: KeeperLog, settings: TermsSettings): TermsReader {
  const known = new Map<string, { readonly timestamp: number; readonly terms: readonly (HedgeTerms | undefined)[] }>();
  return async (snapshot, head) => {
    const { vault: v } = snapshot;
    if (v.hedges.length < 2 && v.hedges.every((hedge) => hedgeKindOf(hedge) === "loan")) return undefined;
    const last = known.get(v.vault);
    const age = last === undefined ? Infinity : snapshot.timestamp - last.timestamp;
    if (last !== undefined && age >= 0 && age < settings.feeFlow.sampleSeconds) return last.terms;
    const context = {
      targetHealth: settings.policy.targetHealth,
      gasPriceWei: head.baseFeePerGas,
      nativePriceQuote: nativePriceOf(snapshot, settings),
    };
    const terms = await readHedgeTerms(rpc, snapshot, context, (hedge, error) => {
      log.warn(
        { vault: v.vault, hedge: hedge.hedge, venue: hedge.venue, error: describeRpcError(error) },
        LogEvent.termsUnread,
      );
    });
    known.set(v.vault, { timestamp: snapshot.timestamp, terms });
    return terms;
  };
}
