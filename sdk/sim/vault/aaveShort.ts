import { type AaveReserve, rayMul, type ReserveStorage } from "./aaveReserve.ts";
import { VaultRevertError } from "./errors.ts";
import { max, min, mulDivDown, NO_DEBT_HEALTH, type PairScale, quoteOfUp, WAD } from "./units.ts";

const THRESHOLD_UNIT = 10_000n;
const INTEREST_SLACK_PART = 1_000n;

/** What the hedge says of itself at a price; as IHedge.read. */
export interface ShortReading {
  readonly deltaBase: bigint;
  readonly equityMinQuote: bigint;
  readonly equityMaxQuote: bigint;
  readonly healthWad: bigint;
}

/** The two reserves of the market, and Aave's limits for the collateral. */
export interface AaveMarketModel {
  readonly base: AaveReserve;
  readonly quote: AaveReserve;
  /** Collateral value that counts against liquidation, in bps. */
  readonly liquidationThresholdBps: bigint;
  /** Collateral value that may be borrowed against, in bps. */
  readonly loanToValueBps: bigint;
}

interface ShortStorage {
  readonly scaledCollateral: bigint;
  readonly scaledDebt: bigint;
  readonly base: ReserveStorage;
  readonly quote: ReserveStorage;
}

/**
 * AaveV3Hedge without liquidations: quote supplied as collateral, base borrowed. Delta is minus the debt.
 *
 * A move that Aave itself would refuse for want of collateral throws VaultRevertError "AaveCollateral", judged at the vault's price.
 */
export class AaveShort {
  readonly market: AaveMarketModel;
  readonly #pair: PairScale;
  #scaledCollateral = 0n;
  #scaledDebt = 0n;

  constructor(pair: PairScale, market: AaveMarketModel) {
    this.#pair = pair;
    this.market = market;
  }

  get marginFactorWad(): bigint {
    return (this.market.liquidationThresholdBps * WAD) / THRESHOLD_UNIT;
  }

  /** Collateral [quote units] and debt [base units] with interest to that moment. */
  position(timestamp: number): { readonly collateralQuote: bigint; readonly debtBase: bigint } {
    return {
      collateralQuote: rayMul(this.#scaledCollateral, this.market.quote.incomeIndexRay(timestamp)),
      debtBase: this.#scaledDebt === 0n ? 0n : rayMul(this.#scaledDebt, this.market.base.debtIndexRay(timestamp)),
    };
  }

  read(priceWad: bigint, timestamp: number): ShortReading {
    const { collateralQuote, debtBase } = this.position(timestamp);
    const debtQuote = quoteOfUp(this.#pair, debtBase, priceWad);
    const equity = collateralQuote - debtQuote;
    return {
      deltaBase: -debtBase,
      equityMinQuote: equity,
      equityMaxQuote: max(equity, 0n),
      healthWad:
        debtQuote === 0n
          ? NO_DEBT_HEALTH
          : mulDivDown(collateralQuote, this.market.liquidationThresholdBps * WAD, debtQuote * THRESHOLD_UNIT),
    };
  }

  /**
   * AaveV3Hedge.adjust: posts margin, borrows or repays, releases margin, in this order.
   *
   * `pay` takes from the vault's idle funds, and throws when they do not do. Returns what the vault receives [token units].
   */
  adjust(
    timestamp: number,
    priceWad: bigint,
    change: { readonly deltaChangeBase: bigint; readonly marginChangeQuote: bigint },
    pay: (token: "base" | "quote", amount: bigint) => void,
  ): { readonly baseReceived: bigint; readonly quoteReceived: bigint } {
    const { base, quote } = this.market;
    const { deltaChangeBase, marginChangeQuote } = change;
    let baseReceived = 0n;
    let quoteReceived = 0n;
    if (marginChangeQuote > 0n) {
      pay("quote", marginChangeQuote);
      this.#scaledCollateral += quote.supply(timestamp, marginChangeQuote);
    }
    if (deltaChangeBase < 0n) {
      baseReceived = -deltaChangeBase;
      this.#scaledDebt += base.borrow(timestamp, baseReceived);
      this.#requireCollateral(priceWad, timestamp, this.market.loanToValueBps);
    } else if (deltaChangeBase > 0n) {
      const { debtBase } = this.position(timestamp);
      if (deltaChangeBase > debtBase + debtBase / INTEREST_SLACK_PART) {
        throw new VaultRevertError("ReduceExceedsShort", deltaChangeBase, debtBase);
      }
      const repaid = min(deltaChangeBase, debtBase);
      if (repaid > 0n) {
        pay("base", repaid);
        this.#scaledDebt -= base.repay(timestamp, repaid);
      }
    }
    if (marginChangeQuote < 0n) {
      quoteReceived = -marginChangeQuote;
      this.#scaledCollateral -= quote.withdraw(timestamp, quoteReceived);
      this.#requireCollateral(priceWad, timestamp, this.market.liquidationThresholdBps);
    }
    return { baseReceived, quoteReceived };
  }

  save(): ShortStorage {
    return {
      scaledCollateral: this.#scaledCollateral,
      scaledDebt: this.#scaledDebt,
      base: this.market.base.storage,
      quote: this.market.quote.storage,
    };
  }

  restore(storage: ShortStorage): void {
    this.#scaledCollateral = storage.scaledCollateral;
    this.#scaledDebt = storage.scaledDebt;
    this.market.base.restore(storage.base);
    this.market.quote.restore(storage.quote);
  }

  #requireCollateral(priceWad: bigint, timestamp: number, bps: bigint): void {
    const { collateralQuote, debtBase } = this.position(timestamp);
    const debtQuote = quoteOfUp(this.#pair, debtBase, priceWad);
    if (collateralQuote < 0n || collateralQuote * bps < debtQuote * THRESHOLD_UNIT) {
      throw new VaultRevertError("AaveCollateral", collateralQuote, debtQuote);
    }
  }
}
