import { bandFor } from "./band.ts";
import { exposureOf, humanRange } from "./exposure.ts";
import {
  type Band,
  type Decision,
  type Exposure,
  type Market,
  OracleFlag,
  type PolicySettings,
  type Reason,
  type Snapshot,
} from "./types.ts";

/** Below this part of NAV a leftover short is not worth a transaction. */
const DUST_FRACTION = 1e-4;
/** New capital joins the existing range only while the price is in its inner half; else the range is rebuilt. */
const KEEP_RANGE_UP_TO = 0.5;

/**
 * What to do about one snapshot. Pure: the same snapshot, market and settings give the same decision, in the keeper
 * as in the simulator.
 *
 * Order of precedence: what the venue took from us, an oracle not to be trusted, winding down, health, position, drift.
 *
 * @example
 * decide(snapshot, { volatilityAnnual: 0.7, hedgeGasQuote: 1 }, defaultSettings).kind // "hold"
 */
export function decide(snapshot: Snapshot, market: Market, settings: PolicySettings): Decision {
  const v = snapshot.vault;
  const exposure = exposureOf(snapshot);
  const band = bandFor(snapshot, exposure, market, settings);
  const common = { blockNumber: snapshot.blockNumber, blockHash: snapshot.blockHash, exposure, band };
  const because = (code: Reason["code"], text: string): { reasons: readonly Reason[] } => ({
    reasons: [{ code, text }],
  });

  if (v.book.lost && !v.degraded) {
    return {
      ...common,
      kind: "reconcile",
      ...because("hedge-lost", "A venue holds less for the vault than it left there."),
    };
  }
  // The vault lets a keeper act through a depeg, and through a market so fast that the pool's average lags behind.
  const distrust = v.oracle.flags & ~(OracleFlag.depeg | OracleFlag.twapDeviation);
  if (distrust !== 0n) {
    return {
      ...common,
      kind: "hold",
      ...because("oracle-unhealthy", `The oracle is not to be trusted (flags ${distrust}).`),
    };
  }
  if (v.book.pending) {
    return { ...common, kind: "hold", ...because("hedge-pending", "A hedge waits for its venue.") };
  }
  if (v.windDown || v.degraded) {
    const reason = v.windDown
      ? because("wind-down", "The vault winds down.")
      : because("degraded", "The vault lost a hedge and may only reduce risk.");
    const shortQuote = exposure.shortBase * exposure.price;
    const done = v.ranges.length === 0 && shortQuote <= exposure.navQuote * DUST_FRACTION;
    return { ...common, kind: done ? "hold" : "exit", ...reason };
  }
  if (exposure.health < settings.minHealth) {
    const text = `Health ${exposure.health.toFixed(3)} is below ${settings.minHealth}.`;
    return { ...common, kind: "deleverage", targetHealth: settings.targetHealth, ...because("health-low", text) };
  }
  return decidePosition(snapshot, settings, common, because);
}

type Common = {
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly exposure: Exposure;
  readonly band: Band;
};

function decidePosition(
  snapshot: Snapshot,
  settings: PolicySettings,
  common: Common,
  because: (code: Reason["code"], text: string) => { reasons: readonly Reason[] },
): Decision {
  const v = snapshot.vault;
  const { exposure, band } = common;
  if (exposure.navQuote * settings.idleFraction < 1 && v.ranges.length === 0) {
    return {
      ...common,
      kind: "hold",
      ...because("too-small", `NAV of ${exposure.navQuote.toFixed(2)} is too small to put to work.`),
    };
  }

  const drift = Math.abs(exposure.deltaBase);
  const figures = `delta ${exposure.deltaBase.toFixed(4)}, trigger ${band.triggerBase.toFixed(4)} ${v.base.symbol}`;
  const isOutside = drift > band.triggerBase && drift * exposure.price > exposure.navQuote * DUST_FRACTION;
  const readyAt = Number(v.lastActionAt + v.policy.params.cooldownSeconds);
  const isCoolingDown = snapshot.timestamp < readyAt;

  const wanted = wantedRecentre(snapshot, settings, exposure, isOutside);
  if (wanted !== undefined && !isCoolingDown) {
    return { ...common, kind: "recentre", keepRange: wanted.keepRange, reasons: [wanted.reason] };
  }
  // Closing drift reduces risk, which the vault allows while it cools down.
  if (isOutside) {
    const targetDeltaBase = Math.sign(exposure.deltaBase) * band.targetBase;
    return { ...common, kind: "hedge", targetDeltaBase, ...because("outside-band", `Outside the band: ${figures}.`) };
  }
  if (wanted !== undefined) {
    const text = `${wanted.reason.text} Cooling down for ${readyAt - snapshot.timestamp} s more.`;
    return { ...common, kind: "hold", ...because("cooling-down", text) };
  }
  return { ...common, kind: "hold", ...because("inside-band", `Inside the band: ${figures}.`) };
}

/** Whether the liquidity should be placed anew, and why. Idle capital waits until drift is closed. */
function wantedRecentre(
  snapshot: Snapshot,
  settings: PolicySettings,
  exposure: Exposure,
  isOutside: boolean,
): { readonly keepRange: boolean; readonly reason: Reason } | undefined {
  if (snapshot.vault.ranges.length === 0) {
    return { keepRange: false, reason: { code: "no-position", text: "No liquidity is in the pool." } };
  }
  const travelled = travelledToEdge(snapshot, exposure);
  if (travelled >= settings.recentreAt) {
    const text = `The price has used ${(travelled * 100).toFixed(0)} % of the way to the edge of the range.`;
    return { keepRange: false, reason: { code: "range-edge", text } };
  }
  const idleFraction = exposure.idleQuote / exposure.navQuote;
  if (idleFraction > settings.deployAboveFraction && !isOutside) {
    const text = `${(idleFraction * 100).toFixed(1)} % of NAV is idle.`;
    return { keepRange: travelled <= KEEP_RANGE_UP_TO, reason: { code: "idle-capital", text } };
  }
  return undefined;
}

/** How far the price is from the centre of the outermost range, 0 = centre, 1 = edge, in log price. */
function travelledToEdge(snapshot: Snapshot, exposure: Exposure): number {
  const v = snapshot.vault;
  const travelled = v.ranges.map((range) => {
    const { priceLower, priceUpper } = humanRange(range, v);
    const halfWidth = Math.log(priceUpper / priceLower) / 2;
    return Math.abs(Math.log(exposure.price / Math.sqrt(priceLower * priceUpper))) / halfWidth;
  });
  return Math.max(0, ...travelled);
}
