import type { ExactPool } from "../../exact/pool/pool.ts";
import { ExactPool as Pool } from "../../exact/pool/pool.ts";
import { OracleFlag, type Plan, type PlanAction, type RangeState, type Snapshot } from "../../policy/types.ts";
import { AaveShort, type AaveMarketModel } from "./aaveShort.ts";
import { type Book, computeBook } from "./book.ts";
import { VaultRevertError } from "./errors.ts";
import type { OracleReading, SimulatedOracle } from "./feeds.ts";
import { type LiquidityReading, VaultRanges } from "./ranges.ts";
import type { SimulatedVolatility } from "./realizedVolatility.ts";
import { SimulatedPolicy } from "./riskPolicy.ts";
import { composeSnapshot, type VaultIdentity } from "./snapshot.ts";
import { abs, BPS, max, mulDivDown, mulDivUp, type PairScale, quoteOfDown, quoteOfUp, saturatingSub } from "./units.ts";
import {
  computeFeesDue,
  countFees,
  EMPTY_LEDGER,
  entryCostPpm,
  type FeeLedgerStorage,
  type FeeTerms,
  lessEntryCost,
  measureMoveCost,
  VIRTUAL_SHARES,
} from "./vaultFees.ts";

const SHORTFALL_ROUNDING_UNITS = 4n;
const POOL_ROUNDING_UNITS = 2n;

/** The venues of a vault, which others use as well; the vault replaces the pool by a copy when it undoes a plan. */
export interface VaultVenues {
  pool: ExactPool;
  readonly oracle: SimulatedOracle;
  readonly aave: AaveMarketModel;
  readonly volatility: SimulatedVolatility;
}

/** Funds of either token [token units]. */
export interface Idle {
  readonly base: bigint;
  readonly quote: bigint;
}

/** What an accepted plan did. */
export interface PlanOutcome {
  readonly before: Book;
  readonly afterwards: Book;
  /** Value of everything swapped and of every change of the hedge, at the oracle's price. */
  readonly turnoverQuote: bigint;
}

/**
 * One HedgedVault with a UniswapV3Liquidity and an AaveV3Hedge, in memory: the contracts' own integer arithmetic over an exact
 * pool, so that the keeper's `decide` and `planFor` drive it through {@link SimulatedVault.snapshot} as they drive the chain.
 *
 * Left out: redemptions, `hedgeNow`, adapter changes, liquidations, wind-down and pauses.
 * Where the contracts revert a VaultRevertError (or the pool's PoolRevertError) is thrown and everything is as before.
 *
 * @example
 * const plan = planFor(vault.snapshot(now), decide(vault.snapshot(now), market, settings), settings);
 * if (plan !== undefined) vault.applyPlan(plan, now + 12);
 */
export class SimulatedVault {
  readonly pair: PairScale;
  readonly venues: VaultVenues;
  readonly policy: SimulatedPolicy;
  readonly #identity: VaultIdentity;
  readonly #ranges: VaultRanges;
  readonly #short: AaveShort;
  #idle: Idle = { base: 0n, quote: 0n };
  #totalSupply = 0n;
  #epoch = 0n;
  #terms: FeeTerms;
  #ledger: FeeLedgerStorage = EMPTY_LEDGER;
  #feesCollected: Idle = { base: 0n, quote: 0n };

  constructor(identity: VaultIdentity, pair: PairScale, venues: VaultVenues, createdAt: number) {
    this.#identity = identity;
    this.pair = pair;
    this.venues = venues;
    this.policy = new SimulatedPolicy(pair, identity.policy);
    this.#ranges = new VaultRanges(pair, identity.name);
    this.#short = new AaveShort(pair, venues.aave);
    this.#terms = {
      managementBps: identity.managementBps,
      performanceBps: identity.performanceBps,
      accruedAt: createdAt,
      highWater: 0n,
    };
  }

  /** Pool fees that came with removed liquidity so far [token units]. */
  get feesCollected(): Idle {
    return this.#feesCollected;
  }

  get totalSupply(): bigint {
    return this.#totalSupply;
  }

  /** The book at the oracle's price, with its lowest value over the band. */
  book(timestamp: number): Book {
    const reading = this.#reading(timestamp, false);
    return this.#bookAt(reading, this.#readLiquidity(reading, true), timestamp);
  }

  /** Everything that a keeper would read of the vault in a block of that time. */
  snapshot(timestamp: number, blockNumber = 0): Snapshot {
    const reading = this.#reading(timestamp, true);
    const liquidity = this.#readLiquidity(reading, true);
    const book = this.#bookAt(reading, liquidity, timestamp);
    return composeSnapshot(this.#identity, this.pair, {
      timestamp,
      blockNumber,
      reading,
      book,
      liquidity,
      pool: this.venues.pool,
      ranges: this.#ranges.ranges,
      short: this.#short.read(reading.priceWad, timestamp),
      marginFactorWad: this.#short.marginFactorWad,
      idle: this.#idle,
      totalSupply: this.#totalSupply,
      epoch: this.#epoch,
      policy: this.policy,
      volatilityBps: this.venues.volatility.volatilityBps(this.venues.pool, timestamp),
    });
  }

  /**
   * HedgedVault.deposit while nobody waits to leave: quote units in, shares out.
   *
   * Throws VaultRevertError: OracleUnhealthy, DepositAboveCap, ZeroAmount.
   */
  deposit(assets: bigint, timestamp: number): bigint {
    const reading = this.#reading(timestamp, true);
    if (reading.flags !== 0n) throw new VaultRevertError("OracleUnhealthy", reading.flags);
    const liquidity = this.#readLiquidity(reading, false);
    const book = this.#bookAt(reading, liquidity, timestamp);
    const due = this.#identity.feeRecipient === undefined ? undefined : this.#feesDue(book.navQuote, timestamp);
    const supply = this.#totalSupply + (due?.shares ?? 0n);
    const hedged = book.hedgeDeltaBase < 0n ? quoteOfUp(this.pair, -book.hedgeDeltaBase, book.priceWad) : 0n;
    const net = lessEntryCost(assets, entryCostPpm(this.#ledger.moveCostPpm, hedged, book.navQuote));
    const shares = mulDivDown(net, supply + VIRTUAL_SHARES, book.navMaxQuote + 1n);
    if (assets <= 0n || shares === 0n) throw new VaultRevertError("ZeroAmount");
    const cap = this.#identity.depositCapQuote;
    if (book.navQuote + assets > cap) throw new VaultRevertError("DepositAboveCap", book.navQuote + assets, cap);
    if (due !== undefined) this.#terms = { ...this.#terms, accruedAt: timestamp, highWater: due.highWater };
    this.#totalSupply = supply + shares;
    this.#receive({ base: 0n, quote: assets });
    const uncollected = this.#uncollected(liquidity, book.priceWad);
    this.#ledger = countFees(this.#ledger, uncollected, uncollected, timestamp);
    return shares;
  }

  /** Quote units that shares are worth, as HedgedVault.convertToAssets: fees due are part of it. */
  convertToAssets(shares: bigint, timestamp: number): bigint {
    const { navQuote } = this.book(timestamp);
    const due = this.#identity.feeRecipient === undefined ? 0n : this.#feesDue(navQuote, timestamp).shares;
    return mulDivDown(shares, navQuote + 1n, this.#totalSupply + due + VIRTUAL_SHARES);
  }

  /**
   * HedgedVault.rebalance in a block of that time: the steps in their order, the bounds of the RiskPolicy after them.
   *
   * Throws VaultRevertError and PoolRevertError where the transaction would revert; nothing has changed then.
   */
  applyPlan(plan: Plan, timestamp: number): PlanOutcome {
    const saved = {
      pool: this.venues.pool.toStorage(),
      idle: this.#idle,
      ranges: this.#ranges.ranges,
      short: this.#short.save(),
      policy: this.policy.save(),
      volatility: this.venues.volatility.save(),
      feesCollected: this.#feesCollected,
    };
    try {
      return this.#rebalance(plan, timestamp);
    } catch (error) {
      const { pool } = this.venues;
      this.venues.pool = Pool.fromStorage(pool, saved.pool);
      this.#idle = saved.idle;
      this.#ranges.restore(saved.ranges);
      this.#short.restore(saved.short);
      this.policy.restore(saved.policy);
      this.venues.volatility.restore(saved.volatility);
      this.#feesCollected = saved.feesCollected;
      throw error;
    }
  }

  // --- an operation

  #rebalance(plan: Plan, timestamp: number): PlanOutcome {
    const { promise } = plan;
    if (promise.expectedEpoch !== this.#epoch) {
      throw new VaultRevertError("WrongEpoch", promise.expectedEpoch, this.#epoch);
    }
    if (timestamp > promise.deadline) {
      throw new VaultRevertError("DeadlinePassed", BigInt(promise.deadline), BigInt(timestamp));
    }
    const reading = this.#reading(timestamp, false);
    const flags = reading.flags & ~OracleFlag.depeg;
    if (flags !== 0n) throw new VaultRevertError("OracleUnhealthy", flags);
    const { priceWad } = reading;
    const liquidityBefore = this.#readLiquidity(reading, false);
    const before = this.#bookAt(reading, liquidityBefore, timestamp);
    const uncollectedBefore = this.#uncollected(liquidityBefore, priceWad);
    const shortfallBefore = this.#shortfall(before, liquidityBefore);

    let turnoverQuote = 0n;
    let movesLiquidity = false;
    for (const [index, action] of plan.actions.entries()) {
      turnoverQuote += this.#run(index, action, priceWad, timestamp);
      movesLiquidity ||= action.kind === "addLiquidity" || action.kind === "removeLiquidity";
    }

    const spotFlags = this.venues.oracle.spotFlags(this.venues.pool, priceWad);
    if (spotFlags !== 0n) throw new VaultRevertError("OracleUnhealthy", spotFlags);
    const liquidity = movesLiquidity ? this.#readLiquidity(reading, false) : liquidityBefore;
    const afterwards = this.#bookAt(reading, liquidity, timestamp);
    const shortfall = this.#shortfall(afterwards, liquidity);
    if (shortfall > shortfallBefore + SHORTFALL_ROUNDING_UNITS) {
      throw new VaultRevertError("ShortNotBuyable", shortfall, shortfallBefore);
    }
    const { volatility, pool } = this.venues;
    this.policy.enforce(before, afterwards, promise, turnoverQuote, timestamp, () =>
      volatility.refresh(pool, timestamp),
    );

    const { moveCostPpm } = this.#ledger;
    this.#ledger = {
      ...countFees(this.#ledger, uncollectedBefore, this.#uncollected(liquidity, priceWad), timestamp),
      moveCostPpm: measureMoveCost(moveCostPpm, before.navQuote, afterwards.navQuote, turnoverQuote),
    };
    this.#epoch += 1n;
    return { before, afterwards, turnoverQuote };
  }

  /** One step; returns what it adds to the turnover. */
  #run(index: number, action: PlanAction, priceWad: bigint, timestamp: number): bigint {
    const { pool } = this.venues;
    const pay = (token: "base" | "quote", amount: bigint): void => this.#spend(token, amount);
    switch (action.kind) {
      case "removeLiquidity": {
        const { amountBase, amountQuote, fees } = this.#ranges.remove(pool, action);
        this.#feesCollected = {
          base: this.#feesCollected.base + fees.amountBase,
          quote: this.#feesCollected.quote + fees.amountQuote,
        };
        this.#receive({ base: amountBase, quote: amountQuote });
        return 0n;
      }
      case "addLiquidity": {
        const width = BigInt(action.tickUpper - action.tickLower);
        const { minRangeTicks } = this.policy.params;
        if (width < minRangeTicks) throw new VaultRevertError("RangeTooNarrow", BigInt(index), width, minRangeTicks);
        this.#ranges.add(pool, action, pay);
        return 0n;
      }
      case "adjustHedge": {
        if (action.hedgeIndex !== 0) throw new VaultRevertError("UnknownHedge", BigInt(action.hedgeIndex));
        const flow = this.#short.adjust(timestamp, priceWad, action, pay);
        this.#receive({ base: flow.baseReceived, quote: flow.quoteReceived });
        return quoteOfUp(this.pair, abs(action.deltaChangeBase), priceWad);
      }
      case "swap": {
        const { baseChange } = action;
        if (baseChange === 0n) throw new VaultRevertError("BadAmount", BigInt(index), baseChange);
        const flow = this.#ranges.swap(pool, baseChange, this.#swapLimit(baseChange, priceWad), pay);
        this.#receive(baseChange > 0n ? { base: baseChange, quote: 0n } : { base: 0n, quote: flow });
        return quoteOfUp(this.pair, abs(baseChange), priceWad);
      }
    }
  }

  /** SwapLimit.quoteOf: least to receive or most to pay. */
  #swapLimit(baseChange: bigint, priceWad: bigint): bigint {
    const { maxSlippageBps } = this.policy.params;
    if (baseChange > 0n) {
      return mulDivUp(quoteOfDown(this.pair, baseChange, priceWad), BPS + maxSlippageBps, BPS) + POOL_ROUNDING_UNITS;
    }
    const counted = saturatingSub(-baseChange, POOL_ROUNDING_UNITS);
    return mulDivDown(quoteOfDown(this.pair, counted, priceWad), BPS - maxSlippageBps, BPS);
  }

  /** Quote that is missing outside of the hedge to buy a net short back. */
  #shortfall(book: Book, liquidity: LiquidityReading): bigint {
    if (book.deltaBase >= 0n) return 0n;
    const needed = this.#swapLimit(-book.deltaBase, book.priceWad);
    return max(needed - (this.#idle.quote + liquidity.quote + liquidity.feesQuote), 0n);
  }

  // --- the till and the books

  #spend(token: "base" | "quote", amount: bigint): void {
    const available = this.#idle[token];
    if (amount > available) throw new VaultRevertError("InsufficientIdle", amount, available);
    this.#idle = { ...this.#idle, [token]: available - amount };
  }

  #receive({ base, quote }: Idle): void {
    this.#idle = { base: this.#idle.base + base, quote: this.#idle.quote + quote };
  }

  #reading(timestamp: number, withAverage: boolean): OracleReading {
    this.venues.pool.advanceTo(timestamp);
    return this.venues.oracle.read(this.venues.pool, timestamp, withAverage);
  }

  #readLiquidity(reading: OracleReading, withBand: boolean): LiquidityReading {
    return this.#ranges.read(this.venues.pool, reading.priceWad, withBand ? reading.bandBps : 0n);
  }

  #bookAt(reading: OracleReading, liquidity: LiquidityReading, timestamp: number): Book {
    return computeBook(this.pair, reading, this.#idle, liquidity, this.#short.read(reading.priceWad, timestamp));
  }

  #uncollected({ feesBase, feesQuote }: LiquidityReading, priceWad: bigint): bigint {
    return feesQuote + quoteOfDown(this.pair, feesBase, priceWad);
  }

  #feesDue(navQuote: bigint, timestamp: number): { readonly shares: bigint; readonly highWater: bigint } {
    return computeFeesDue(this.#terms, navQuote, this.#totalSupply, timestamp);
  }

  /** Ranges that hold liquidity. */
  get ranges(): readonly RangeState[] {
    return this.#ranges.ranges;
  }
}
