import { expect } from "chai";
import { describe, it } from "mocha";

import { Journal } from "../../../keeper/journal.ts";
import { type MarketSettings, observeMarket, UnknownGasPriceError } from "../../../keeper/market.ts";
import { estimateVolatility } from "../../../keeper/volatility.ts";
import { InvalidParameterError } from "../../../sdk/errors.ts";
import { SECONDS_PER_YEAR } from "../../../sdk/math/units.ts";
import { computeRealisedVolatility, type PriceSample } from "../../../sdk/math/volatility.ts";
import { headAt, snapshotAt, vaultState } from "./snapshots.ts";
import { CHAIN_ID, GWEI } from "./support.ts";
import { expectClose } from "../../support/close.ts";

const SETTINGS = { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 };

/** Prices whose every return has exactly the size that the volatility gives it over its own time. */
function exactPath(volatility: number, gapsSeconds: readonly number[]): readonly PriceSample[] {
  const samples: PriceSample[] = [{ timestampSeconds: 0, price: 2_500 }];
  for (const [i, gap] of gapsSeconds.entries()) {
    const last = samples.at(-1);
    if (last === undefined) break;
    const move = volatility * Math.sqrt(gap / SECONDS_PER_YEAR) * (i % 2 === 0 ? 1 : -1);
    samples.push({ timestampSeconds: last.timestampSeconds + gap, price: last.price * Math.exp(move) });
  }
  return samples;
}

describe("estimateVolatility", () => {
  it("believes the prior before there are two prices", () => {
    expectClose(estimateVolatility([], SETTINGS), 0.7, 1e-12);
    expectClose(estimateVolatility([{ timestampSeconds: 5, price: 2_500 }], SETTINGS), 0.7, 1e-12);
  });

  it("stays where it is when prices confirm the prior, at any spacing", () => {
    expectClose(estimateVolatility(exactPath(0.7, [12, 3_600, 60, 86_400, 1, 600]), SETTINGS), 0.7, 1e-9);
  });

  it("forgets the prior at the half-life", () => {
    const day = exactPath(
      0.2,
      Array.from({ length: 24 }, () => 3_600),
    );
    const week = exactPath(
      0.2,
      Array.from({ length: 240 }, () => 3_600),
    );
    // After one half-life the prior's 24 h count 12; the 24 h observed count for their faded sum.
    const fade = 2 ** (-1 / 24);
    const observed = (1 - fade ** 24) / (1 - fade);
    const expected = Math.sqrt((0.49 * 12 + 0.04 * observed) / (12 + observed));
    expectClose(estimateVolatility(day, SETTINGS), expected, 1e-9);
    expectClose(estimateVolatility(week, SETTINGS), 0.2, 0.002);
  });

  it("is the realised volatility when nothing fades and the prior weighs nothing", () => {
    const samples = exactPath(0.9, [60, 4_000, 77, 900]).map((sample, i) => ({
      ...sample,
      price: sample.price * (1 + i / 100),
    }));
    const flat = { priorAnnual: 0.1, halfLifeHours: 1e12, priorWeightHours: 1e-9 };
    expectClose(estimateVolatility(samples, flat), computeRealisedVolatility(samples), 1e-6);
  });

  it("falls when prices stand still: silence is information", () => {
    const still = Array.from({ length: 49 }, (_, i) => ({ timestampSeconds: i * 3_600, price: 2_500 }));
    const estimate = estimateVolatility(still, SETTINGS);
    expect(estimate > 0 && estimate < 0.4, String(estimate)).to.equal(true);
  });

  it("throws on prices and times that cannot be, and never returns a number for them", () => {
    const bad: readonly (readonly PriceSample[])[] = [
      [{ timestampSeconds: 0, price: 0 }],
      [{ timestampSeconds: 0, price: NaN }],
      [
        { timestampSeconds: 5, price: 1 },
        { timestampSeconds: 5, price: 1 },
      ],
      [
        { timestampSeconds: 5, price: 1 },
        { timestampSeconds: 4, price: 1 },
      ],
    ];
    for (const samples of bad) expect(() => estimateVolatility(samples, SETTINGS)).to.throw(InvalidParameterError);
    expect(() => estimateVolatility([], { ...SETTINGS, halfLifeHours: 0 })).to.throw(InvalidParameterError);
  });
});

describe("observeMarket", () => {
  const market: MarketSettings = {
    volatility: SETTINGS,
    hedgeGasUnits: 700_000n,
    maxPriorityFeePerGas: 2n * GWEI,
    wrappedNative: vaultState().base.token,
    nativePriceQuote: undefined,
    sampleSeconds: 60,
    feeFlow: { halfLifeHours: 24, minimumSpanHours: 12, sampleSeconds: 300 },
    carry: { halfLifeHours: 24, minimumSpanHours: 2 },
  };
  const WAD = 10n ** 18n;
  const oracleAt = (price: bigint, flags = 0n) => ({ ...vaultState().oracle, priceWad: price * WAD, flags });

  it("prices gas by the vault's own oracle when its base is the native coin", () => {
    const head = headAt(1, 1_000);
    const { hedgeGasQuote } = observeMarket(Journal.open(":memory:"), snapshotAt(head), head, market);
    // 700,000 gas at 10 + 2 gwei and 2,500 a coin.
    expectClose(hedgeGasQuote, 700_000 * 12e-9 * 2_500, 1e-9);
  });

  it("K11 does not take gas for free when the coin has no price", () => {
    const head = headAt(1, 1_000);
    const base = { token: "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599", decimals: 8, symbol: "WBTC" };
    const journal = Journal.open(":memory:");
    expect(() => observeMarket(journal, snapshotAt(head, { base }), head, market)).to.throw(
      UnknownGasPriceError,
      "nativePriceQuote",
    );
    // Control: with a price it is one.
    const priced = { ...market, nativePriceQuote: 2_000 };
    expectClose(
      observeMarket(journal, snapshotAt(head, { base }), head, priced).hedgeGasQuote,
      700_000 * 12e-9 * 2_000,
      1e-9,
    );
  });

  it("remembers prices, not closer together than asked, and learns from them", () => {
    const journal = Journal.open(":memory:");
    let last = 0;
    for (let i = 0; i <= 200; i++) {
      const head = headAt(i, i * 1_800);
      const price = i % 2 === 0 ? 2_500n : 2_600n;
      last = observeMarket(journal, snapshotAt(head, { oracle: oracleAt(price) }), head, market).volatilityAnnual;
      const soon = headAt(i + 1_000, i * 1_800 + 10);
      observeMarket(journal, snapshotAt(soon, { oracle: oracleAt(9_999n) }), soon, market);
    }
    expect(journal.listPrices(vaultState().oracle.address, CHAIN_ID, 0, 1e9)).to.have.length(201);
    const expected = Math.log(2_600 / 2_500) * Math.sqrt(SECONDS_PER_YEAR / 1_800);
    expectClose(last, expected, expected / 20);
  });

  it("does not learn from a price that is not the market's", () => {
    const journal = Journal.open(":memory:");
    for (const [i, flag] of [0n, 1n, 2n, 3n].entries()) {
      const head = headAt(i, i * 600);
      observeMarket(journal, snapshotAt(head, { oracle: oracleAt(2_500n, 1n << flag) }), head, market);
    }
    expect(journal.listPrices(vaultState().oracle.address, CHAIN_ID, 0, 1e9)).to.have.length(0);
    // Control: a pool that deviates leaves the feed's price good.
    const head = headAt(9, 9_000);
    observeMarket(journal, snapshotAt(head, { oracle: oracleAt(2_500n, 1n << 5n) }), head, market);
    expect(journal.listPrices(vaultState().oracle.address, CHAIN_ID, 0, 1e9)).to.have.length(1);
  });
});
