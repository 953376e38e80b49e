import { expect } from "chai";
import { describe, it } from "mocha";
import type { Orientation } from "../../../../sdk/exact/orientation.ts";
import {
  computePriceWadAtTickDown,
  computePriceWadDown,
  computeSqrtPriceX96Down,
  computeTickForPrice,
  computeTickRange,
  sqrtDown,
} from "../../../../sdk/exact/priceMath.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../../../sdk/exact/tickMath.ts";
import { v3SdkEncodeSqrtRatioX96, v3SdkNearestUsableTick } from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid, expectRelative } from "../math/assertions.ts";
import { createPoolRandom } from "./random.ts";

const SEED = 20261117;
const WAD = 10n ** 18n;
const WETH_USDC: Orientation = { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 };
const ARBITRUM_WETH_USDC: Orientation = { baseIsToken0: true, baseDecimals: 18, quoteDecimals: 6 };
const ORIENTATIONS: readonly Orientation[] = [
  WETH_USDC,
  ARBITRUM_WETH_USDC,
  { baseIsToken0: true, baseDecimals: 8, quoteDecimals: 18 },
  { baseIsToken0: false, baseDecimals: 8, quoteDecimals: 18 },
  { baseIsToken0: true, baseDecimals: 18, quoteDecimals: 18 },
  { baseIsToken0: false, baseDecimals: 0, quoteDecimals: 24 },
  { baseIsToken0: true, baseDecimals: 0, quoteDecimals: 24 },
];

describe("price and square-root price", () => {
  it("put 2000 USDC per WETH where the mainnet and Arbitrum pools have it", () => {
    // token1 per token0, raw: 1e18 / 2000e6 on mainnet, 2000e6 / 1e18 on Arbitrum
    expect(computeSqrtPriceX96Down(2000n * WAD, WETH_USDC)).to.equal(
      v3SdkEncodeSqrtRatioX96(10n ** 18n, 2000n * 10n ** 6n),
    );
    expect(computeSqrtPriceX96Down(2000n * WAD, ARBITRUM_WETH_USDC)).to.equal(
      v3SdkEncodeSqrtRatioX96(2000n * 10n ** 6n, 10n ** 18n),
    );
    expect(computePriceWadDown(1771595571142957102961017161607260n, WETH_USDC)).to.equal(2000n * WAD);
  });

  it(`agree with v3-sdk's ratio encoding for any decimals and order (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 2000; i++) {
      const orientation = ORIENTATIONS[i % ORIENTATIONS.length] ?? WETH_USDC;
      const price = random.bits(70) + 1_000_000n;
      const rawBase = 10n ** BigInt(orientation.baseDecimals) * WAD;
      const rawQuote = price * 10n ** BigInt(orientation.quoteDecimals);
      const expected = orientation.baseIsToken0
        ? v3SdkEncodeSqrtRatioX96(rawQuote, rawBase)
        : v3SdkEncodeSqrtRatioX96(rawBase, rawQuote);
      expect(computeSqrtPriceX96Down(price, orientation)).to.equal(expected);
    }
  });

  it(`return to where they started within the grid's rounding (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 1);
    for (let i = 0; i < 2000; i++) {
      const orientation = ORIENTATIONS[i % ORIENTATIONS.length] ?? WETH_USDC;
      const price = (random.bits(40) + 1n) * 10n ** 12n;
      const sqrtPriceX96 = computeSqrtPriceX96Down(price, orientation);
      // a step of the root moves the price by two parts in the root; one more unit for rounding to a wad
      const slack = (2n * price) / sqrtPriceX96 + 2n;
      const back = computePriceWadDown(sqrtPriceX96, orientation);
      const difference = back > price ? back - price : price - back;
      expect(difference <= slack, `price ${price} came back as ${back}`).to.equal(true);
    }
  });

  it("move together when base is token0, apart when it is token1", () => {
    const low = getSqrtRatioAtTick(200_000);
    const high = getSqrtRatioAtTick(200_001);
    expect(computePriceWadDown(high, ARBITRUM_WETH_USDC) > computePriceWadDown(low, ARBITRUM_WETH_USDC)).to.equal(true);
    expect(computePriceWadDown(high, WETH_USDC) < computePriceWadDown(low, WETH_USDC)).to.equal(true);
  });

  it("agree with 1.0001^tick", () => {
    expectRelative(
      Number(computePriceWadAtTickDown(-200_310, ARBITRUM_WETH_USDC)) / 1e18,
      1.0001 ** -200_310 * 1e12,
      1e-9,
    );
    expectRelative(Number(computePriceWadAtTickDown(200_310, WETH_USDC)) / 1e18, 1.0001 ** -200_310 * 1e12, 1e-9);
    expect(computePriceWadAtTickDown(0, ARBITRUM_WETH_USDC)).to.equal(10n ** 30n);
  });

  it("refuse what no pool can show", () => {
    expectInvalid(() => computeSqrtPriceX96Down(0n, WETH_USDC), "priceQuotePerBaseWad", 0n);
    expectInvalid(() => computeSqrtPriceX96Down(-1n, WETH_USDC), "priceQuotePerBaseWad", -1n);
    const beyond = 10n ** 80n;
    expectInvalid(() => computeSqrtPriceX96Down(beyond, WETH_USDC), "priceQuotePerBaseWad", beyond);
    expectInvalid(() => computeSqrtPriceX96Down(beyond, ARBITRUM_WETH_USDC), "priceQuotePerBaseWad", beyond);
    expectInvalid(() => computePriceWadDown(MIN_SQRT_RATIO - 1n, WETH_USDC), "sqrtPriceX96", MIN_SQRT_RATIO - 1n);
    expectInvalid(() => computePriceWadDown(MAX_SQRT_RATIO + 1n, WETH_USDC), "sqrtPriceX96", MAX_SQRT_RATIO + 1n);
    expectInvalid(() => computePriceWadDown(MIN_SQRT_RATIO, { ...WETH_USDC, baseDecimals: 1.5 }), "baseDecimals", 1.5);
  });
});

describe("computeTickForPrice", () => {
  it("returns a tick turned into a price, for every orientation with enough digits", () => {
    for (const orientation of [WETH_USDC, ARBITRUM_WETH_USDC]) {
      for (const spacing of [1, 10, 60, 200]) {
        for (let i = -20; i <= 20; i++) {
          const sign = orientation.baseIsToken0 ? -1 : 1;
          const tick = sign * Math.round(200_310 / spacing) * spacing + i * spacing;
          const price = computePriceWadAtTickDown(tick, orientation);
          expect(computeTickForPrice(price, orientation, spacing, "nearest")).to.equal(tick);
        }
      }
    }
  });

  it(`brackets the price from the side its name says (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 2);
    for (let i = 0; i < 1000; i++) {
      const orientation = i % 2 === 0 ? WETH_USDC : ARBITRUM_WETH_USDC;
      const spacing = [1, 10, 60, 200][i % 4] ?? 1;
      const price = BigInt(random.int(1, 2_000_000_000)) * 10n ** 13n;
      const lower = computeTickForPrice(price, orientation, spacing, "lowerPrice");
      const higher = computeTickForPrice(price, orientation, spacing, "higherPrice");
      const nearest = computeTickForPrice(price, orientation, spacing, "nearest");
      expect(Math.abs(higher - lower)).to.equal(spacing);
      expect(computePriceWadAtTickDown(lower, orientation) <= price).to.equal(true);
      expect(computePriceWadAtTickDown(higher, orientation) >= price).to.equal(true);
      expect([lower, higher]).to.include(nearest);
      // the float tick decides which is nearer, except for a price within a hair of the middle
      const scale = 10 ** (orientation.quoteDecimals - orientation.baseDecimals - 18);
      const exact = ((orientation.baseIsToken0 ? 1 : -1) * Math.log(Number(price) * scale)) / Math.log(1.0001);
      const other = nearest === lower ? higher : lower;
      expect(Math.abs(exact - nearest)).to.be.at.most(Math.abs(exact - other) + 1e-6);
      if (spacing > 1 && Math.abs(exact % 1) > 1e-6) {
        const sdk = v3SdkNearestUsableTick(Math.round(exact), spacing);
        if (Math.abs(Math.abs(exact - sdk) - spacing / 2) > 1) expect(nearest).to.equal(sdk);
      }
    }
  });

  it("stays on a price that is exactly a tick, whichever way it rounds", () => {
    const parity: Orientation = { baseIsToken0: true, baseDecimals: 18, quoteDecimals: 18 };
    for (const rounding of ["lowerPrice", "higherPrice", "nearest"] as const) {
      expect(computeTickForPrice(WAD, parity, 10, rounding)).to.equal(0);
      expect(computeTickForPrice(WAD, { ...parity, baseIsToken0: false }, 10, rounding)).to.equal(0);
    }
  });

  it("stops at the outermost usable tick", () => {
    const wide: Orientation = { baseIsToken0: true, baseDecimals: 0, quoteDecimals: 24 };
    const [lowest, highest] = [-887_200, 887_200];
    const beyondHighest = computePriceWadAtTickDown(887_250, wide);
    expect(computeTickForPrice(beyondHighest, wide, 200, "higherPrice")).to.equal(highest);
    expect(computeTickForPrice(beyondHighest, wide, 200, "nearest")).to.equal(highest);
    const wideDown: Orientation = { ...wide, baseIsToken0: false };
    const beyondLowest = computePriceWadAtTickDown(-887_250, wideDown);
    expect(computeTickForPrice(beyondLowest, wideDown, 200, "higherPrice")).to.equal(lowest);
  });

  it("refuses a spacing or price that cannot be", () => {
    expectInvalid(() => computeTickForPrice(WAD, WETH_USDC, 0, "nearest"), "tickSpacing", 0);
    expectInvalid(() => computeTickForPrice(0n, WETH_USDC, 10, "nearest"), "priceQuotePerBaseWad", 0n);
  });
});

describe("computeTickRange", () => {
  it("contains both prices and is in tick order for either orientation", () => {
    for (const orientation of [WETH_USDC, ARBITRUM_WETH_USDC]) {
      const { tickLower, tickUpper } = computeTickRange(1500n * WAD, 2500n * WAD, orientation, 10);
      const prices = [tickLower, tickUpper].map((tick) => computePriceWadAtTickDown(tick, orientation));
      const [low, high] = orientation.baseIsToken0 ? prices : prices.reverse();
      expect(low !== undefined && low <= 1500n * WAD && low > 1498n * WAD).to.equal(true);
      expect(high !== undefined && high >= 2500n * WAD && high < 2503n * WAD).to.equal(true);
    }
    expect(computeTickRange(1500n * WAD, 2500n * WAD, WETH_USDC, 10)).to.deep.equal({
      tickLower: 198_070,
      tickUpper: 203_190,
    });
  });

  it("refuses prices out of order, and one usable tick for both", () => {
    expectInvalid(() => computeTickRange(2500n * WAD, 1500n * WAD, WETH_USDC, 10), "priceUpperWad", 1500n * WAD);
    expectInvalid(() => computeTickRange(WAD, WAD, WETH_USDC, 10), "priceUpperWad", WAD);
    const wide: Orientation = { baseIsToken0: true, baseDecimals: 0, quoteDecimals: 24 };
    const [low, high] = [computePriceWadAtTickDown(887_220, wide), computePriceWadAtTickDown(887_250, wide)];
    expectInvalid(() => computeTickRange(low, high, wide, 200), "priceUpperWad", high);
  });
});

describe("sqrtDown", () => {
  it(`is the integer square root at any size (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 3);
    for (let i = 0; i < 2000; i++) {
      const value = random.bits(i % 10 === 0 ? 4000 : 512);
      const root = sqrtDown(value);
      expect(root * root <= value && (root + 1n) * (root + 1n) > value, String(value)).to.equal(true);
    }
  });

  it("changes exactly at perfect squares", () => {
    for (const root of [1n, 2n, 3n, 94_906_267n, 1n << 80n, 10n ** 60n]) {
      expect(sqrtDown(root * root)).to.equal(root);
      expect(sqrtDown(root * root - 1n)).to.equal(root - 1n);
      expect(sqrtDown(root * root + 1n)).to.equal(root);
    }
    expect(sqrtDown(0n)).to.equal(0n);
    expectInvalid(() => sqrtDown(-1n), "value", -1n);
  });
});
