import { InvalidParameterError } from "../errors.ts";
import { computeOptionValueQuote } from "./blackScholes.ts";
import type { EuropeanOption } from "./blackScholes.ts";
import { computeLpValueQuote } from "./lp.ts";
import type { LpPosition } from "./lp.ts";
import { requireFinite, requireLength, requireNonNegative, requirePositive } from "./require.ts";

/*
 * Margin of a whole book: every leg revalued at once over a grid of price and volatility shocks, with and without the loss of one venue. Gains of
 * one leg pay for losses of another, which margining leg by leg cannot see. Source: scenario margining as in CME SPAN.
 */

/** The liquidity position, held by the vault itself: no venue can lose it. */
export interface LiquidityLeg {
  readonly kind: "liquidity";
  readonly position: LpPosition;
}

/** A perp, future or borrowed short of `deltaBase` [base, negative for a short] at `venue`, settled so far: it is worth 0 now. */
export interface LinearLeg {
  readonly kind: "linear";
  readonly venue: string;
  readonly deltaBase: number;
}

/** `quantityBase` options (+ long, - short) at `venue`, with `years` left, valued at `volatility` (annual) before any shock. */
export interface OptionLeg {
  readonly kind: "option";
  readonly venue: string;
  readonly option: EuropeanOption;
  readonly quantityBase: number;
  readonly years: number;
  readonly volatility: number;
}

/** One leg of the book. */
export type PortfolioLeg = LiquidityLeg | LinearLeg | OptionLeg;

/** A place that holds hedges; `marginQuote` [quote, at least 0] lies there and goes with it. */
export interface Venue {
  readonly name: string;
  readonly marginQuote: number;
}

/**
 * The book and what may happen to it.
 *
 * - `price` [quote per base]; `ratePerYear` of quote, for the options.
 * - `priceShocks`: fractions above -1 (-0.3 = the price falls by 30 %); `volatilityShocks`: fractions of at least -1, of each option's own
 *   volatility. Neither needs 0, which is the book as it stands.
 * - `venues`: at least those the legs name. Each is also lost once, at every pair of shocks.
 */
export interface PortfolioMarginInputs {
  readonly legs: readonly PortfolioLeg[];
  readonly venues: readonly Venue[];
  readonly price: number;
  readonly ratePerYear: number;
  readonly priceShocks: readonly number[];
  readonly volatilityShocks: readonly number[];
}

/** One case: `profitQuote` [quote] against the book as it stands, negative for a loss; `lostVenue` undefined when none is lost. */
export interface Scenario {
  readonly priceShock: number;
  readonly volatilityShock: number;
  readonly lostVenue: string | undefined;
  readonly profitQuote: number;
}

/**
 * The book's margin, amounts [quote, at least 0].
 *
 * - `marginQuote`: the worst loss, with all venues standing; `withVenueLossQuote`: with the worst loss of one of them as well.
 * - `worst`, `worstWithVenueLoss`: the cases behind the two.
 * - `standaloneQuote`: for each venue, in the order given, the worst loss of its own legs. A venue that margins by itself asks for that much
 *   whatever the rest of the book gains.
 */
export interface PortfolioMargin {
  readonly marginQuote: number;
  readonly withVenueLossQuote: number;
  readonly worst: Scenario;
  readonly worstWithVenueLoss: Scenario;
  readonly standaloneQuote: readonly number[];
}

/**
 * Worst loss of the book over all shocks, see {@link PortfolioMargin}.
 *
 * A lost venue takes its margin and whatever its legs are worth now if that is positive; nothing its legs would have gained or lost is
 * counted any more. Shocks are instant: no time passes, no funding, no rebalancing.
 * Throws InvalidParameterError on no legs or shocks, a leg at an unknown venue, two venues of one name, or numbers out of domain.
 *
 * @example
 * computePortfolioMargin({
 *   legs: [{ kind: "liquidity", position }, { kind: "linear", venue: "perp", deltaBase: -25 }],
 *   venues: [{ name: "perp", marginQuote: 25_000 }],
 *   price: 2000, ratePerYear: 0, priceShocks: [-0.3, -0.15, 0, 0.15, 0.3], volatilityShocks: [0],
 * }).marginQuote;
 */
export function computePortfolioMargin(inputs: PortfolioMarginInputs): PortfolioMargin {
  requireInputs(inputs);
  const now = inputs.legs.map((leg) => valueLeg(leg, inputs, inputs.price, 0));
  const shocks = inputs.priceShocks.flatMap((priceShock) =>
    inputs.volatilityShocks.map((volatilityShock) => ({ priceShock, volatilityShock })),
  );
  const profits = shocks.map(({ priceShock, volatilityShock }) =>
    inputs.legs.map((leg, i) => valueLeg(leg, inputs, inputs.price * (1 + priceShock), volatilityShock) - now[i]!),
  );
  const sumOver = (values: readonly number[], isIn: (leg: PortfolioLeg) => boolean): number =>
    values.reduce((sum, value, i) => (isIn(inputs.legs[i]!) ? sum + value : sum), 0);

  const standing = shocks.map((shock, i): Scenario => ({
    ...shock,
    lostVenue: undefined,
    profitQuote: sumOver(profits[i]!, () => true),
  }));
  const bereft = inputs.venues.flatMap(({ name, marginQuote }) => {
    const equity = sumOver(
      now.map((value) => Math.max(0, value)),
      (leg) => isAt(leg, name),
    );
    return shocks.map((shock, i): Scenario => ({
      ...shock,
      lostVenue: name,
      profitQuote: sumOver(profits[i]!, (leg) => !isAt(leg, name)) - equity - marginQuote,
    }));
  });
  const worst = findWorst(standing);
  const worstWithVenueLoss = findWorst([...standing, ...bereft]);
  return {
    marginQuote: Math.max(0, -worst.profitQuote),
    withVenueLossQuote: Math.max(0, -worstWithVenueLoss.profitQuote),
    worst,
    worstWithVenueLoss,
    standaloneQuote: inputs.venues.map(({ name }) =>
      Math.max(0, ...profits.map((values) => -sumOver(values, (leg) => isAt(leg, name)))),
    ),
  };
}

function isAt(leg: PortfolioLeg, venue: string): boolean {
  return leg.kind !== "liquidity" && leg.venue === venue;
}

function findWorst(scenarios: readonly Scenario[]): Scenario {
  return scenarios.reduce((worst, next) => (next.profitQuote < worst.profitQuote ? next : worst));
}

/** Value [quote] of a leg at a price, its volatility shocked; a linear leg counts from the price of now. */
function valueLeg(leg: PortfolioLeg, book: PortfolioMarginInputs, price: number, volatilityShock: number): number {
  switch (leg.kind) {
    case "liquidity":
      return computeLpValueQuote(leg.position, price);
    case "linear":
      return leg.deltaBase * (price - book.price);
    case "option": {
      const volatility = leg.volatility * (1 + volatilityShock);
      const market = { price, volatility, years: leg.years, ratePerYear: book.ratePerYear, yieldPerYear: 0 };
      return leg.quantityBase * computeOptionValueQuote(leg.option, market);
    }
  }
}

function requireInputs(inputs: PortfolioMarginInputs): void {
  requireLength("legs", inputs.legs, 1);
  requireLength("priceShocks", inputs.priceShocks, 1);
  requireLength("volatilityShocks", inputs.volatilityShocks, 1);
  requirePositive("price", inputs.price);
  for (const shock of inputs.priceShocks) requireShock("priceShock", shock, shock > -1);
  for (const shock of inputs.volatilityShocks) requireShock("volatilityShock", shock, shock >= -1);
  const names = inputs.venues.map(({ name }) => name);
  inputs.venues.forEach(({ name, marginQuote }, i) => {
    requireNonNegative("marginQuote", marginQuote);
    if (names.indexOf(name) !== i) throw new InvalidParameterError("venue", name, "be listed once");
  });
  for (const leg of inputs.legs) {
    if (leg.kind === "linear") requireFinite("deltaBase", leg.deltaBase);
    if (leg.kind === "option") requireFinite("quantityBase", leg.quantityBase);
    if (leg.kind !== "liquidity" && !names.includes(leg.venue)) {
      throw new InvalidParameterError("venue", leg.venue, `be one of: ${names.join(", ")}`);
    }
  }
}

function requireShock(parameter: string, shock: number, isPossible: boolean): void {
  requireFinite(parameter, shock);
  if (!isPossible)
    throw new InvalidParameterError(parameter, shock, "leave a price above 0 and a volatility of at least 0");
}
