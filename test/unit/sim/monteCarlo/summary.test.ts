import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import {
  computeMean,
  computeQuantile,
  computeVariance,
  computeVarianceRemoved,
} from "../../../../sdk/math/statistics.ts";
import { METRIC, METRIC_COUNT } from "../../../../sdk/sim/monteCarlo/hedgeRun.ts";
import { BIN_WIDTH, createHistogram } from "../../../../sdk/sim/monteCarlo/histogram.ts";
import {
  NO_MOMENTS,
  addValue,
  computeJackknife,
  computeMomentVariance,
  mergeMoments,
} from "../../../../sdk/sim/monteCarlo/moments.ts";
import { computeWilsonInterval, createSummaryBuilder } from "../../../../sdk/sim/monteCarlo/summary.ts";
import { createRandomStream } from "../../../../sdk/sim/models/stream.ts";
import { expectClose } from "../../../support/close.ts";

function drawNormals(count: number, path = 0): number[] {
  const target = new Float64Array(count);
  createRandomStream(1, path, "diffusion").fillNormals(target);
  return [...target];
}

const worstMean = (values: readonly number[], tail: number): number =>
  computeMean(values.toSorted((left, right) => left - right).slice(0, Math.round(tail * values.length)));

describe("createHistogram", () => {
  it("finds quantiles and shortfalls within the width of a bin", () => {
    const values = drawNormals(10_000).map((normal) => 0.1 * normal - 0.02);
    const histogram = createHistogram();
    values.forEach((value) => histogram.add(value));
    expect(histogram.count).to.equal(10_000);
    for (const probability of [0.01, 0.05, 0.5, 0.95]) {
      expectClose(histogram.quantile(probability), computeQuantile(values, probability), 2 * BIN_WIDTH);
    }
    expectClose(histogram.expectedShortfall(0.05).value, worstMean(values, 0.05), BIN_WIDTH / 10);
  });

  it("keeps the true sum of what lies beyond its bins", () => {
    const histogram = createHistogram();
    [-3, -2, ...new Array<number>(38).fill(0.5)].forEach((value) => histogram.add(value));
    expectClose(histogram.expectedShortfall(0.05).value, -2.5, 1e-12);
  });

  it("cuts the bin at the edge of the tail in proportion", () => {
    const histogram = createHistogram();
    [-0.5, ...new Array<number>(19).fill(0.25)].forEach((value) => histogram.add(value));
    expectClose(histogram.expectedShortfall(0.1).value, (-0.5 + 0.25) / 2, 1e-12);
    expectClose(histogram.expectedShortfall(0.05).value, -0.5, 1e-12);
    expectClose(histogram.expectedShortfall(1).value, (-0.5 + 19 * 0.25) / 20, 1e-12);
  });

  it("knows the error of a shortfall: that of repeated samples", () => {
    const estimates = Array.from({ length: 200 }, (_, path) => {
      const histogram = createHistogram();
      drawNormals(1_000, path).forEach((normal) => histogram.add(0.1 * normal));
      return histogram.expectedShortfall(0.05);
    });
    const spread = Math.sqrt(computeVariance(estimates.map(({ value }) => value)));
    expectClose(computeMean(estimates.map(({ standardError }) => standardError)) / spread, 1, 0.15);
  });

  it("has no answer without values", () => {
    expect(createHistogram().quantile(0.5)).to.be.NaN;
    expect(createHistogram().expectedShortfall(0.05).value).to.be.NaN;
  });
});

describe("moments", () => {
  const values = drawNormals(1_000).map((normal) => 1e6 + normal);

  it("are mean and variance, whole or merged from parts", () => {
    const whole = values.reduce(addValue, NO_MOMENTS);
    const merged = mergeMoments(
      values.slice(0, 10).reduce(addValue, NO_MOMENTS),
      values.slice(10).reduce(addValue, NO_MOMENTS),
    );
    for (const moments of [whole, merged]) {
      expectClose(moments.mean, computeMean(values), 1e-8);
      expectClose(computeMomentVariance(moments), computeVariance(values), 1e-8);
    }
    expect(mergeMoments(NO_MOMENTS, NO_MOMENTS)).to.deep.equal(NO_MOMENTS);
    expect(computeMomentVariance(addValue(NO_MOMENTS, 1))).to.be.NaN;
  });

  it("give a mean its usual error by the jackknife", () => {
    const batches = Array.from({ length: 20 }, (_, b) => [
      values.slice(50 * b, 50 * b + 50).reduce(addValue, NO_MOMENTS),
    ]);
    const { value, standardError } = computeJackknife(batches, ([moments]) => moments?.mean ?? Number.NaN);
    expectClose(value, computeMean(values), 1e-8);
    expectClose(standardError / Math.sqrt(computeVariance(values) / 1_000), 1, 0.4);
    expect(computeJackknife(batches.slice(0, 2), ([moments]) => moments?.mean ?? Number.NaN).standardError).to.be.NaN;
  });
});

describe("createSummaryBuilder", () => {
  const request = {
    paths: 40,
    widths: [1.1, 1.27],
    strategies: ["none", "hedge"],
    positionQuote: 1_000,
    areIndependent: true,
  };
  const stride = 4 * METRIC_COUNT;
  /** P&L of path i: 100 n_i unhedged, a tenth of it hedged; doubled on the second range. */
  const normals = drawNormals(40);
  const values = new Float64Array(40 * stride);
  normals.forEach((normal, path) => {
    [100, 10, 200, 20].forEach((scale, column) => {
      const at = path * stride + column * METRIC_COUNT;
      values[at + METRIC.pnl] = scale * normal;
      values[at + METRIC.deltaCost] = column;
      values[at + METRIC.premium] = 2 * column;
      values[at + METRIC.funding] = -column;
      values[at + METRIC.liquidations] = column === 3 && path < 2 ? 2 : 0;
    });
  });

  it("reports each strategy of each range against the first one of that range", () => {
    const builder = createSummaryBuilder(request);
    builder.add(values.subarray(0, 10 * stride), 10);
    builder.add(values.subarray(10 * stride), 30);
    const rows = builder.summarise();
    expect(rows.map(({ width, strategy }) => [width, strategy])).to.deep.equal([
      [1.1, "none"],
      [1.1, "hedge"],
      [1.27, "none"],
      [1.27, "hedge"],
    ]);
    const last = rows[3]!;
    expectClose(last.varianceRemoved, 0.99, 1e-12);
    expectClose(
      last.varianceRemoved,
      computeVarianceRemoved(
        normals.map((normal) => 200 * normal),
        normals.map((normal) => 20 * normal),
      ),
      1e-12,
    );
    expectClose(last.meanPnl, computeMean(normals) / 50, 1e-12);
    expectClose(last.es95, worstMean(normals, 0.05) / 50, 1e-12);
    expect([last.deltaCostBp, last.premiumBp, last.fundingBp]).to.deep.equal([30, 60, -30]);
    expect(last.liquidationProbability).to.equal(0.05);
    expect(rows[2]!.liquidationProbability).to.equal(0);
    expect(last.paths).to.equal(40);
    expectClose(last.intervals.varianceRemoved[0], 0.99, 1e-9);
    expect(last.intervals.meanPnl[0]).to.be.below(last.meanPnl);
  });

  it("gives no interval of the shortfall for paths that overlap", () => {
    const builder = createSummaryBuilder({ ...request, areIndependent: false });
    builder.add(values, 40);
    expect(builder.summarise()[0]!.intervals.es95).to.equal(undefined);
  });

  it("refuses too many paths, too few, and results that are no numbers", () => {
    const builder = createSummaryBuilder(request);
    builder.add(values, 39);
    expect(() => builder.summarise()).to.throw(InvalidParameterError);
    expect(() => builder.add(values, 2)).to.throw(InvalidParameterError);
    const broken = values.slice(0, stride);
    broken[METRIC.pnl] = Number.NaN;
    expect(() => builder.add(broken, 1)).to.throw(InvalidParameterError);
  });
});

describe("computeWilsonInterval", () => {
  it("is the textbook's, and says something where nothing was seen", () => {
    // Newcombe (1998), 81 of 263: 0.2553 to 0.3662.
    const [low, high] = computeWilsonInterval(81, 263);
    expectClose(low, 0.2553, 1e-4);
    expectClose(high, 0.3662, 1e-4);
    expect(computeWilsonInterval(0, 4_000)[0]).to.equal(0);
    expectClose(computeWilsonInterval(0, 4_000)[1], 9.6e-4, 1e-5);
  });
});
