import { createFadingRatio } from "../sdk/math/fadingRatio.ts";
import { requirePositive } from "../sdk/math/require.ts";
import { SECONDS_PER_YEAR, toFloat } from "../sdk/math/units.ts";
import type { Snapshot, VaultState } from "../sdk/policy/types.ts";
import type { StoredFlow } from "./intents.ts";

export interface CarrySettings {
  /** Hours after which an observation counts half. */
  readonly halfLifeHours: number;
  /** Hours of quiet, in which nobody changed the hedge, before they say anything. */
  readonly minimumSpanHours: number;
}

/** A rate beyond this is somebody's payment into or out of the hedge and no interest. 500 % a year. */
const LARGEST_RATE = 5;

/** What the vault's hedges hold and owe at a snapshot, with a mark that changes whenever somebody touched them through the vault. */
export function holdingsOf({ vault: v }: Snapshot): Pick<StoredFlow, "mark" | "debtBase" | "marginQuote"> {
  const scale = 10n ** BigInt(18 + v.base.decimals - v.quote.decimals);
  let debtBase = 0n;
  let marginQuote = 0n;
  for (const hedge of v.hedges) {
    const debt = hedge.deltaBase < 0n ? -hedge.deltaBase : 0n;
    debtBase += debt;
    // Equity is margin less the short at the oracle's price.
    marginQuote += hedge.equityMinQuote + (debt * v.oracle.priceWad + scale - 1n) / scale;
  }
  // Every plan, redemption, exit in kind and rescue changes one of these.
  const state = `${v.epoch}/${v.totalSupply}/${v.lastActionAt}/${v.queue.pendingShares}`;
  const mark = v.hedges.some(({ pending, lost }) => pending || lost) ? `${state}/unsettled` : state;
  return { mark, debtBase, marginQuote };
}

/**
 * Net cost of the short [quote a year per quote of its notional], + paid: growth of the debt less growth of the margin between
 * samples in which nothing was done, over notional and time, faded by age.
 *
 * @param samples The oldest first.
 * @returns undefined while there was too little quiet time with a short to measure.
 * Throws InvalidParameterError on settings that are not positive.
 *
 * @example
 * estimateCarry(samples, snapshot.vault, { halfLifeHours: 24, minimumSpanHours: 2 }); // 0.012
 */
export function estimateCarry(
  samples: readonly StoredFlow[],
  vault: VaultState,
  settings: CarrySettings,
): number | undefined {
  requirePositive("halfLifeHours", settings.halfLifeHours);
  requirePositive("minimumSpanHours", settings.minimumSpanHours);
  /** Cost over notional and years. */
  const carry = createFadingRatio(settings.halfLifeHours * 3_600);
  let quietSeconds = 0;
  let from: StoredFlow | undefined;
  for (const to of samples) {
    const previous = from;
    from = to;
    if (previous === undefined) continue;
    const seconds = to.timestampSeconds - previous.timestampSeconds;
    const quiet = measureQuiet(previous, to, seconds, vault);
    carry.add(quiet?.paid ?? 0, quiet?.exposed ?? 0, seconds);
    if (quiet !== undefined) quietSeconds += seconds;
  }
  return quietSeconds < settings.minimumSpanHours * 3_600 ? undefined : carry.value;
}

/** What the short cost between two samples and the notional it was held for [quote, quote · years]; undefined if something was done. */
function measureQuiet(
  previous: StoredFlow,
  to: StoredFlow,
  seconds: number,
  vault: VaultState,
): { readonly paid: number; readonly exposed: number } | undefined {
  if (previous.mark !== to.mark || to.mark.endsWith("unsettled") || previous.debtBase === 0n) return undefined;
  const price = toFloat(to.priceWad, 18);
  const paid =
    toFloat(to.debtBase - previous.debtBase, vault.base.decimals) * price -
    toFloat(to.marginQuote - previous.marginQuote, vault.quote.decimals);
  const exposed = (toFloat(previous.debtBase, vault.base.decimals) * price * seconds) / SECONDS_PER_YEAR;
  return Math.abs(paid) > LARGEST_RATE * exposed ? undefined : { paid, exposed };
}
