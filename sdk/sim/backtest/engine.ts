import type { Band, Market } from "../../policy/types.ts";
import { targetsOf } from "../../policy/advice.ts";
import { judge } from "../../policy/decide.ts";
import type { Verdict } from "../../policy/decide.ts";
import { requireFinite } from "../../math/require.ts";
import { SECONDS_PER_YEAR } from "../../math/units.ts";
import { applyDeleverage, applyExit, applyHedge, applyRecentre, computeBookDelta, computeGasQuote } from "./actions.ts";
import type { ActionContext } from "./actions.ts";
import { createAdviceMemo } from "./adviceMemo.ts";
import { createBandMemo } from "./bandMemo.ts";
import { createUnhedged } from "./benchmark.ts";
import { accrueIdle, computeBookEquity, computeBookNav, earnFees, movePrice, openBook, payGas } from "./book.ts";
import { createFeeExpectation, createFeeIncome, computeInRangeFraction } from "./feeIncome.ts";
import type { FeeStep } from "./feeIncome.ts";
import { requireModel } from "./model.ts";
import type { BacktestModel } from "./model.ts";
import { createRecord } from "./record.ts";
import type { BacktestRecord } from "./record.ts";
import { createSituationView } from "./situation.ts";
import type { StepColumns } from "./steps.ts";
import { createRunningVolatility } from "../../math/runningVolatility.ts";
import { computeBookHealth, createVenue } from "./venue.ts";

/** A backtest that can be run in pieces. */
export interface Backtest {
  /** Steps done and steps there are. */
  readonly done: number;
  readonly total: number;
  /** Simulates up to a step, or to the end. */
  runUntil(step: number): void;
  /** What happened so far. */
  readonly record: BacktestRecord;
}

/**
 * A vault over bars, driven by the keeper's own policy: after every step a Situation is judged by sdk/policy (bandFor, adviseOn, judge)
 * and the verdict carried out on a float model, `latencySeconds` later.
 *
 * Inside a step the order is: an action that is due, liquidation at the step's highest price, the move, fees and interest, funding
 * due, then the decision. Nothing later than the step's end is looked at; only the price of an execution that falls inside
 * a step is interpolated between its ends. Throws InvalidParameterError on a model that cannot be.
 *
 * @example
 * const backtest = createBacktest(expandBars(window, 4), model);
 * backtest.runUntil(backtest.total);
 */
export function createBacktest(steps: StepColumns, model: BacktestModel): Backtest {
  requireModel(model);
  const { settings, latencySeconds, idleRatePerYear, reopenAfterHours } = model;
  const { timestamps, prices, highs, barOf, barSeconds } = steps;
  const total = prices.length;
  const venue = createVenue(model);
  const context: ActionContext = { model, venue, targets: targetsOf(settings) };
  const book = openBook(steps.startPrice, model.depositQuote);
  const unhedged = createUnhedged(model, steps.startPrice);
  const view = createSituationView(model, venue);
  const { situation } = view;
  const memo = createBandMemo(settings);
  const advisor = createAdviceMemo(settings);
  const income = createFeeIncome(model);
  const expectation = createFeeExpectation();
  const volatility = createRunningVolatility(steps.startPrice, model.volatility);
  const record = createRecord(steps, book, unhedged, memo);
  const market = {
    volatilityAnnual: model.volatility.priorAnnual,
    hedgeGasQuote: 0,
    feeQuotePerLiquidityYear: undefined,
    shortCarryPerYear: undefined,
  } as { -readonly [K in keyof Market]: Market[K] };
  const feeStep: FeeStep = { fromPrice: 0, toPrice: 0, seconds: 0, barFraction: 0, bar: 0 };

  let done = 0;
  let band: Band = { triggerBase: 0, targetBase: 0 };
  let pending: Verdict | undefined;
  let pendingChangeBase = 0;
  let pendingAt = Infinity;
  let degradedAt = 0;
  // What was paid before the start tells what to expect, and costs nothing.
  venue.settle(book, steps.startTimestamp);

  const execute = (action: Verdict): void => {
    switch (action.kind) {
      case "hold":
      case "raise":
        return;
      case "hedge":
        // The liquidity gives what idle quote cannot pay.
        if (!applyHedge(context, book, pendingChangeBase)) applyRecentre(context, book, band, false);
        break;
      case "recentre":
        applyRecentre(context, book, band, action.keepRange);
        break;
      case "deleverage":
        applyDeleverage(context, book, band, action.targetHealth);
        break;
      case "exit":
        applyExit(context, book);
        break;
      case "reconcile":
        payGas(book, computeGasQuote(model, model.gas.hedgeUnits, book.price));
        situation.status.degraded = true;
        break;
    }
    record.countAction(action);
  };

  /** Moves the book to a price, through a liquidation where the way there has one. */
  const travel = (price: number, high: number, timestamp: number): void => {
    const liquidationPrice = book.shortBase > 0 ? (book.marginQuote * venue.marginFactor) / book.shortBase : Infinity;
    if (high >= liquidationPrice) {
      movePrice(book, Math.max(liquidationPrice, book.price));
      venue.liquidate(book);
      situation.status.hedgeLost = true;
      // What was on its way is void: the vault would revert it.
      pending = undefined;
      pendingAt = Infinity;
      situation.status.hedgePending = false;
      degradedAt = timestamp;
      record.countLiquidation(timestamp, book.price);
    }
    movePrice(book, price);
  };

  const decide = (timestamp: number): void => {
    view.update(book, timestamp);
    market.volatilityAnnual = volatility.annual;
    market.hedgeGasQuote = computeGasQuote(model, model.gas.hedgeUnits, book.price);
    market.feeQuotePerLiquidityYear = expectation.perLiquidityYear;
    market.shortCarryPerYear = venue.carryPerYear;
    band = memo.bandOf(situation, market);
    record.observe(situation, band);
    // The keeper has one transaction in flight at a time.
    if (pending !== undefined) return;
    const advice = advisor.adviceOn(situation, band, market);
    context.targets = advice.targets;
    const verdict = judge(situation, band, settings, advice);
    if (verdict.kind === "hold") return;
    pending = verdict;
    pendingAt = timestamp + latencySeconds;
    if (verdict.kind === "hedge") pendingChangeBase = situation.exposure.deltaBase - verdict.targetDeltaBase;
    if (latencySeconds === 0) finishPending(timestamp);
    else situation.status.hedgePending = true;
  };

  const finishPending = (timestamp: number): void => {
    const action = pending;
    pending = undefined;
    pendingAt = Infinity;
    situation.status.hedgePending = false;
    if (action === undefined) return;
    execute(action);
    situation.limits.cooldownEndsAt = timestamp + model.limits.cooldownSeconds;
  };

  const step = (i: number, before: number): void => {
    const end = timestamps[i]!;
    const price = prices[i]!;
    const fromPrice = book.price;
    const seconds = end - before;
    const years = seconds / SECONDS_PER_YEAR;
    const wasInRange = computeInRangeFraction(book, fromPrice, price);
    feeStep.fromPrice = fromPrice;
    feeStep.toPrice = price;
    feeStep.seconds = seconds;
    feeStep.barFraction = seconds / barSeconds;
    feeStep.bar = barOf[i]!;
    const perLiquidity = income.perLiquidity(feeStep, book.liquidity);
    earnFees(book, perLiquidity * book.liquidity * wasInRange);
    expectation.observe(perLiquidity, seconds);
    record.observeRange(wasInRange, book.liquidity > 0, seconds);

    if (pendingAt <= end) {
      const part = seconds > 0 ? Math.max(0, pendingAt - before) / seconds : 1;
      const at = fromPrice * (price / fromPrice) ** part;
      travel(at, Math.max(fromPrice, at), before + part * seconds);
      finishPending(before + part * seconds);
    }
    travel(price, highs[i]!, end);
    venue.accrue(book, years);
    if (idleRatePerYear !== 0) accrueIdle(book, idleRatePerYear, years);
    venue.settle(book, end);
    unhedged.step(feeStep, income, end, years);

    const isBarEnd = i + 1 === total || barOf[i + 1] !== barOf[i];
    if (isBarEnd) volatility.observe(price, barSeconds);
    const { status } = situation;
    if (status.hedgeLost && reopenAfterHours !== undefined && end - degradedAt >= reopenAfterHours * 3_600) {
      status.hedgeLost = false;
      status.degraded = false;
    }
    if (computeBookEquity(book) > 0) decide(end);
    record.observeHealth(computeBookHealth(book, venue.marginFactor));
    if (isBarEnd) record.closeBar(barOf[i]!, computeBookDelta(book), band.triggerBase);
  };

  decide(steps.startTimestamp);
  return {
    get done() {
      return done;
    },
    total,
    runUntil: (until) => {
      const stop = Math.min(until, total);
      for (; done < stop; done++) step(done, done === 0 ? steps.startTimestamp : timestamps[done - 1]!);
      // One NaN anywhere ends up in NAV.
      requireFinite("navQuote", computeBookNav(book));
    },
    get record() {
      return record;
    },
  };
}
