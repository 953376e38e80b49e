import { readSnapshot } from "../../sdk/chain/snapshot.ts";
import { adviseOn } from "../../sdk/policy/advice.ts";
import { bandFor } from "../../sdk/policy/band.ts";
import { exposureOf, humanRange } from "../../sdk/policy/exposure.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import { situationOf } from "../../sdk/policy/situation.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import type { Snapshot } from "../../sdk/policy/types.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { displayAmount, formatAmount } from "../amount.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { displayNumber } from "../output.ts";
import type { Output } from "../output.ts";
import type { ConnectionOptions } from "../vaultOptions.ts";
import { connectVault } from "./connection.ts";

const WAD_DECIMALS = 18;
/** What the vault reports when the pool's record is too short to measure anything. */
const UNKNOWN_VOLATILITY_BPS = 30_000;
const MAX_HEALTH = (1n << 256n) - 1n;

/** A vault for people and programs: amounts as exact decimal text in whole tokens. */
export interface StatusReport {
  readonly chainId: string;
  readonly block: { readonly number: number; readonly hash: string; readonly time: string };
  readonly vault: {
    readonly address: string;
    readonly name: string;
    readonly symbol: string;
    readonly epoch: string;
    readonly depositsPaused: boolean;
    readonly keeperPaused: boolean;
    readonly windDown: boolean;
    readonly degraded: boolean;
  };
  readonly units: { readonly base: string; readonly quote: string; readonly share: string };
  readonly oracle: { readonly price: string; readonly poolPrice: number; readonly problems: readonly string[] };
  readonly nav: {
    readonly quote: string;
    readonly min: string;
    readonly max: string;
    readonly shares: string;
    readonly perShare: number | null;
  };
  readonly exposure: {
    readonly delta: string;
    readonly deltaFractionOfNav: number | null;
    readonly health: string | null;
  };
  readonly idle: { readonly base: string; readonly quote: string };
  readonly liquidity: {
    readonly base: string;
    readonly quote: string;
    readonly feesBase: string;
    readonly feesQuote: string;
  };
  readonly ranges: readonly { readonly priceLower: number; readonly priceUpper: number; readonly liquidity: string }[];
  readonly hedges: readonly {
    readonly address: string;
    readonly venue: string;
    readonly delta: string;
    readonly equity: string;
    readonly health: string | null;
    readonly pending: boolean;
    readonly lost: boolean;
    /** How the delta changes when the order that waits is executed; null when none waits. */
    readonly pendingDelta: string | null;
    /** Paid out by the venue and not fetched by the vault yet. */
    readonly waiting: string;
    /** ETH of the hedge for execution fees. */
    readonly executionFees: string;
  }[];
  readonly queue: { readonly waiting: string; readonly pendingShares: string; readonly claimable: string };
  readonly limits: {
    readonly maxDeltaBps: string;
    readonly maxLossBpsPerDay: string;
    readonly lossUsed: string;
    readonly maxTurnoverBpsPerDay: string;
    readonly turnoverUsed: string;
    readonly depositCap: string;
    /** At the volatility of the moment. */
    readonly healthFloor: string;
    readonly realisedVolatilityBps: string;
  };
  readonly fees: {
    readonly recipient: string | null;
    readonly managementBps: string;
    readonly performanceBps: string;
    /** Higher rates that are announced, and when they may be applied. */
    readonly announced: { readonly managementBps: string; readonly performanceBps: string; readonly at: string } | null;
  };
  readonly adapterChange: { readonly current: string; readonly next: string; readonly at: string } | null;
  readonly feeGate: {
    /**
     * Fees a year, as a fraction of the position's value, at which it earns nothing: at the volatility that the vault measures, with
     * the keeper's default settings and gas left out. null while the vault measures no volatility.
     */
    readonly breakEvenApr: number | null;
  };
}

/** Reads the vault and prints it. */
export async function runStatus(options: ConnectionOptions, context: CommandContext): Promise<void> {
  const { provider, vault, lens } = await connectVault(options, context);
  if (lens === undefined) throw new UsageError("Which lens reads the vault? Give --lens ADDRESS.");
  const report = describeStatus(await readSnapshot(provider, lens, vault));
  if (options.json) context.output.json(report);
  else printStatus(context.output, report);
}

/** Turns a snapshot into a report; nothing is rounded but the floats that are named as such in {@link StatusReport}. */
export function describeStatus(snapshot: Snapshot): StatusReport {
  const v = snapshot.vault;
  const exposure = exposureOf(snapshot);
  const base = (units: bigint): string => formatAmount(units, v.base.decimals);
  const quote = (units: bigint): string => formatAmount(units, v.quote.decimals);
  const shares = (units: bigint): string => formatAmount(units, v.shareDecimals);
  const health = (wad: bigint): string | null => (wad === MAX_HEALTH ? null : formatAmount(wad, WAD_DECIMALS));
  const supply = Number(shares(v.totalSupply));
  return {
    chainId: snapshot.chainId.toString(),
    block: { number: snapshot.blockNumber, hash: snapshot.blockHash, time: formatTime(snapshot.timestamp) },
    vault: {
      address: v.vault,
      name: v.name,
      symbol: v.symbol,
      epoch: v.epoch.toString(),
      depositsPaused: v.depositsPaused,
      keeperPaused: v.keeperPaused,
      windDown: v.windDown,
      degraded: v.degraded,
    },
    units: { base: v.base.symbol, quote: v.quote.symbol, share: v.symbol },
    oracle: {
      price: formatAmount(v.oracle.priceWad, WAD_DECIMALS),
      poolPrice: exposure.spotPrice,
      problems: Object.entries(OracleFlag)
        .filter(([, bit]) => (v.oracle.flags & bit) !== 0n)
        .map(([name]) => name),
    },
    nav: {
      quote: quote(v.book.navQuote),
      min: quote(v.book.navMinQuote),
      max: quote(v.book.navMaxQuote),
      shares: shares(v.totalSupply),
      perShare: supply > 0 ? exposure.navQuote / supply : null,
    },
    exposure: {
      delta: base(v.book.deltaBase),
      deltaFractionOfNav: exposure.navQuote > 0 ? (exposure.deltaBase * exposure.price) / exposure.navQuote : null,
      health: health(v.book.healthWad),
    },
    idle: { base: base(v.idleBase), quote: quote(v.idleQuote) },
    liquidity: {
      base: base(v.liquidity.base),
      quote: quote(v.liquidity.quote),
      feesBase: base(v.liquidity.feesBase),
      feesQuote: quote(v.liquidity.feesQuote),
    },
    ranges: v.ranges.map((range) => {
      const { priceLower, priceUpper } = humanRange(range, v);
      return { priceLower, priceUpper, liquidity: range.liquidity.toString() };
    }),
    hedges: v.hedges.map((hedge) => ({
      address: hedge.hedge,
      venue: hedge.venue,
      delta: base(hedge.deltaBase),
      equity: quote(hedge.equityMinQuote),
      health: health(hedge.healthWad),
      pending: hedge.pending,
      lost: hedge.lost,
      pendingDelta: hedge.pending ? formatAmount(hedge.pendingDeltaBase, v.base.decimals) : null,
      waiting: formatAmount(hedge.waitingQuote, v.quote.decimals),
      executionFees: formatAmount(hedge.nativeWei, WAD_DECIMALS),
    })),
    queue: {
      waiting: (v.queue.tail - v.queue.head).toString(),
      pendingShares: shares(v.queue.pendingShares),
      claimable: quote(v.queue.reservedQuote),
    },
    limits: {
      maxDeltaBps: v.policy.params.maxDeltaBps.toString(),
      maxLossBpsPerDay: v.policy.params.maxLossBpsPerDay.toString(),
      lossUsed: quote(v.bucketQuote),
      maxTurnoverBpsPerDay: v.policy.params.maxTurnoverBpsPerDay.toString(),
      turnoverUsed: quote(v.turnoverBucketQuote),
      depositCap: quote(v.depositCapQuote),
      healthFloor: formatAmount(v.healthFloorNowWad, WAD_DECIMALS),
      realisedVolatilityBps: v.volatilityBps.toString(),
    },
    fees: {
      recipient: BigInt(v.fees.recipient) === 0n ? null : v.fees.recipient,
      managementBps: v.fees.managementBps.toString(),
      performanceBps: v.fees.performanceBps.toString(),
      announced:
        v.fees.nextAt === 0n
          ? null
          : {
              managementBps: v.fees.nextManagementBps.toString(),
              performanceBps: v.fees.nextPerformanceBps.toString(),
              at: formatTime(Number(v.fees.nextAt)),
            },
    },
    adapterChange:
      v.adapterChange.readyAt === 0n
        ? null
        : {
            current: v.adapterChange.current,
            next: v.adapterChange.next,
            at: formatTime(Number(v.adapterChange.readyAt)),
          },
    feeGate: { breakEvenApr: computeBreakEvenApr(snapshot) },
  };
}

/** What the default policy calls break-even in the market as the vault sees it; fees are the keeper's to measure. */
function computeBreakEvenApr(snapshot: Snapshot): number | null {
  const volatilityBps = Number(snapshot.vault.volatilityBps);
  if (volatilityBps === 0 || volatilityBps >= UNKNOWN_VOLATILITY_BPS) return null;
  const situation = situationOf(snapshot);
  const market = { volatilityAnnual: volatilityBps / 10_000, hedgeGasQuote: 0, feeQuotePerLiquidityYear: 0 };
  const { gate } = adviseOn(situation, bandFor(situation, market, defaultSettings), market, defaultSettings);
  return gate.opinion === "unknown" ? null : gate.breakEvenApr;
}

/** Prints a report for people. */
export function printStatus(output: Output, report: StatusReport): void {
  const { units, vault, nav, exposure } = report;
  const shorten = (amount: string, places: number): string => {
    const [whole = "0", fraction = ""] = amount.split(".");
    const negative = whole.startsWith("-");
    const digits = BigInt(`${whole.replace("-", "")}${fraction.padEnd(18, "0").slice(0, 18)}`);
    return displayAmount(negative ? -digits : digits, 18, places);
  };
  const quote = (amount: string): string => `${shorten(amount, 2)} ${units.quote}`;
  const base = (amount: string): string => `${shorten(amount, 4)} ${units.base}`;
  const healthText = (health: string | null): string => (health === null ? "no debt" : shorten(health, 3));
  const states = [
    vault.depositsPaused && "deposits paused",
    vault.keeperPaused && "keeper paused",
    vault.windDown && "winding down",
    vault.degraded && "degraded",
  ];
  const state = states.filter((text) => text !== false).join(", ") || "open";
  const fraction = exposure.deltaFractionOfNav;
  const volatility = `${displayNumber(Number(report.limits.realisedVolatilityBps) / 100, 0)} %`;

  output.pairs(`${vault.name} (${vault.symbol}) ${vault.address}`, [
    ["chain", `${report.chainId}, block ${report.block.number}, ${report.block.time}`],
    ["state", state],
    ["price", `${shorten(report.oracle.price, 2)} ${units.quote} (pool ${displayNumber(report.oracle.poolPrice)})`],
    ["oracle", report.oracle.problems.length === 0 ? "healthy" : `unhealthy: ${report.oracle.problems.join(", ")}`],
    ["value", `${quote(nav.quote)} (${shorten(nav.min, 2)} to ${shorten(nav.max, 2)})`],
    [
      "shares",
      `${shorten(nav.shares, 4)}${nav.perShare === null ? "" : `, ${displayNumber(nav.perShare, 6)} ${units.quote} each`}`,
    ],
    [
      "net delta",
      `${base(exposure.delta)}${fraction === null ? "" : `, ${displayNumber(fraction * 100, 3)} % of the value`}`,
    ],
    ["health", healthText(exposure.health)],
    ["idle", `${base(report.idle.base)} and ${quote(report.idle.quote)}`],
    ["in the pool", `${base(report.liquidity.base)} and ${quote(report.liquidity.quote)}`],
    ["fees earned", `${base(report.liquidity.feesBase)} and ${quote(report.liquidity.feesQuote)}`],
    ["redemptions", `${report.queue.waiting} waiting, ${quote(report.queue.claimable)} to be claimed`],
    ["loss budget", `${quote(report.limits.lossUsed)} used of ${report.limits.maxLossBpsPerDay} bps a day`],
    ["turnover", `${quote(report.limits.turnoverUsed)} used of ${report.limits.maxTurnoverBpsPerDay} bps a day`],
    ["health floor", `${shorten(report.limits.healthFloor, 3)} at ${volatility} volatility a year`],
    ["vault fees", describeFees(report.fees)],
    ["fee gate", describeBreakEven(report.feeGate)],
    ...(report.adapterChange === null ? [] : [["announced", describeChange(report.adapterChange)] as const]),
  ]);
  if (report.ranges.length > 0) {
    output.table(
      "Ranges",
      [
        { title: "from", align: "right" },
        { title: "to", align: "right" },
        { title: "liquidity", align: "right" },
      ],
      report.ranges.map((range) => [displayNumber(range.priceLower), displayNumber(range.priceUpper), range.liquidity]),
    );
  }
  output.table(
    "Hedges",
    [
      { title: "venue" },
      { title: "delta", align: "right" },
      { title: "equity", align: "right" },
      { title: "health", align: "right" },
      { title: "order" },
    ],
    report.hedges.map((hedge) => [
      hedge.venue,
      base(hedge.delta),
      quote(hedge.equity),
      healthText(hedge.health),
      describeOrder(hedge, base),
    ]),
  );
}

function describeOrder(
  { pendingDelta, lost }: StatusReport["hedges"][number],
  base: (amount: string) => string,
): string {
  if (lost) return "lost: reconcile";
  return pendingDelta === null ? "" : `${base(pendingDelta)} waits`;
}

function describeBreakEven({ breakEvenApr }: StatusReport["feeGate"]): string {
  if (breakEvenApr === null) return "break-even unknown: the vault measures no volatility yet";
  return `break-even at fees of ${displayNumber(breakEvenApr * 100, 1)} % a year; the keeper measures what they are`;
}

function describeFees({ managementBps, performanceBps, announced }: StatusReport["fees"]): string {
  const now = `${managementBps} bps a year, ${performanceBps} bps of gains`;
  if (announced === null) return now;
  return `${now}; from ${announced.at} up to ${announced.managementBps} and ${announced.performanceBps} bps`;
}

function describeChange({ current, next, at }: NonNullable<StatusReport["adapterChange"]>): string {
  const from = BigInt(current) === 0n ? "a new hedge" : `adapter ${current}`;
  const to = BigInt(next) === 0n ? "removed" : `replaced by ${next}`;
  return `${from} ${BigInt(current) === 0n ? next : to}, possible from ${at}`;
}
