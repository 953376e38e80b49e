import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { computeMean } from "../../../sdk/math/statistics.ts";
import { createRandomSource } from "../../../sdk/sim/random.ts";
import { DEFAULT_VOLUME, computeVolumeQuote } from "../../../sdk/sim/volume.ts";
import { expectClose } from "../../support/close.ts";

const STEP = { poolValueQuote: 60e6, seconds: 900, fromPrice: 2000, toPrice: 2000 };
const STEPS_PER_DAY = 96;
const STEP_YEARS = 900 / (365 * 86_400);

describe("computeVolumeQuote", () => {
  it("trades the still part of the turnover when the price stands still", () => {
    const volume = computeVolumeQuote(DEFAULT_VOLUME, STEP);
    const still = DEFAULT_VOLUME.dailyTurnover * (1 - DEFAULT_VOLUME.moveShare);
    expectClose(volume * STEPS_PER_DAY, 60e6 * still, 1);
  });

  it("grows with the move, the same up and down", () => {
    const up = computeVolumeQuote(DEFAULT_VOLUME, { ...STEP, toPrice: 2020 });
    const down = computeVolumeQuote(DEFAULT_VOLUME, { ...STEP, fromPrice: 2020, toPrice: 2000 });
    expectClose(up, down, 1e-6);
    expect(up).to.be.above(computeVolumeQuote(DEFAULT_VOLUME, STEP));
  });

  it("averages to the turnover asked for at the reference volatility", () => {
    const random = createRandomSource(5);
    const deviation = DEFAULT_VOLUME.referenceVolatility * Math.sqrt(STEP_YEARS);
    const volumes = Array.from({ length: 20_000 }, () =>
      computeVolumeQuote(DEFAULT_VOLUME, { ...STEP, toPrice: 2000 * Math.exp(deviation * random.normal()) }),
    );
    const expected = (60e6 * DEFAULT_VOLUME.dailyTurnover) / STEPS_PER_DAY;
    expectClose(computeMean(volumes) / expected, 1, 0.01);
  });

  it("refuses inputs out of domain", () => {
    for (const change of [{ poolValueQuote: 0 }, { seconds: 0 }, { fromPrice: -1 }, { toPrice: Number.NaN }]) {
      expect(() => computeVolumeQuote(DEFAULT_VOLUME, { ...STEP, ...change })).to.throw(InvalidParameterError);
    }
    for (const change of [{ dailyTurnover: -1 }, { moveShare: 2 }, { referenceVolatility: 0 }]) {
      expect(() => computeVolumeQuote({ ...DEFAULT_VOLUME, ...change }, STEP)).to.throw(InvalidParameterError);
    }
  });
});
