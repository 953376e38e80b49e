import { expect } from "chai";

import { buildOption, drawChart } from "../../../cli/demo/chart.ts";
import { describeForDashboard } from "../../../cli/demo/dashboard.ts";
import { prepareMarket } from "../../../cli/demo/market.ts";
import { createReplay } from "../../../cli/demo/replay.ts";
import type { ReplayOptions } from "../../../cli/demo/replay.ts";
import { analyseReplay } from "../../../cli/demo/result.ts";
import type { DemoAnalysis } from "../../../cli/demo/result.ts";
import { printResult } from "../../../cli/demo/tables.ts";
import type { ReplayRecord } from "../../../cli/demo/types.ts";
import { InterruptedError, UsageError } from "../../../cli/errors.ts";
import { createOutput } from "../../../cli/output.ts";
import { requireExplained } from "../../../sdk/sim/attribution.ts";
import { DEFAULT_VOLUME } from "../../../sdk/sim/volume.ts";
import { collect } from "./host.ts";
import { createMemoryWorld } from "./memoryWorld.ts";
import type { MemoryFaults } from "./memoryWorld.ts";
import { expectClose } from "../../support/close.ts";

const MARKET = prepareMarket({ hours: 72, seed: 7, stepsPerHour: 4 });

function optionsOf(change: Partial<ReplayOptions> = {}): ReplayOptions {
  return {
    start: MARKET.start,
    steps: MARKET.steps,
    volume: DEFAULT_VOLUME,
    hoursPerSecond: undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...change,
  };
}

async function replayed(
  faults: MemoryFaults = {},
): Promise<{ record: ReplayRecord; analysis: DemoAnalysis; paidForSwaps: number }> {
  const world = createMemoryWorld({ ...MARKET.start, volumeQuote: 0 }, faults);
  const replay = createReplay(world, optionsOf());
  await replay.run();
  const { record } = replay;
  const analysis = analyseReplay(record, world.units, {
    source: MARKET.source,
    window: MARKET.window,
    stepsPerHour: 4,
    rangeWidth: 1.5,
    isFeeGateEnabled: true,
    hedge: "aave",
    depositQuote: 1_000_000,
    gasPriceGwei: 2,
    dailyTurnover: 1,
    versions: { hedgerow: "test" },
  });
  return { record, analysis, paidForSwaps: world.paidForSwaps };
}

describe("createReplay", () => {
  it("marks every step, and every transaction beside it", async () => {
    const { record } = await replayed();
    const sent = record.rebalances.filter((event) => event.kind === "sent");
    expect(record.steps).to.equal(72 * 4);
    expect(record.ticks).to.deep.equal({ total: 72 * 4 + 1, skipped: 0, failed: 0 });
    expect(record.marks).to.have.length(1 + record.steps + sent.length);
    expect(sent.length).to.be.above(1);
    expect(record.rebalances[0]).to.include({ decision: "recentre", timestamp: MARKET.start.timestamp });
    expect(record.maxTicksOutsideBand).to.equal(1);
    expect(record.samples).to.have.length(record.ticks.total);
  });

  it("counts what went wrong and keeps its text", async () => {
    const { record } = await replayed({ fails: [20, 21], reverts: [40] });
    expect(record.ticks).to.include({ failed: 2 });
    expect(record.rebalances.filter((event) => event.kind === "reverted")).to.have.length(1);
    expect(record.complaints).to.deep.equal([
      "the node does not answer",
      "the node does not answer",
      "would have reverted",
    ]);
  });

  it("reports its progress to the end", async () => {
    const seen: number[] = [];
    const world = createMemoryWorld({ ...MARKET.start, volumeQuote: 0 });
    const steps = MARKET.steps.slice(0, 10);
    await createReplay(world, optionsOf({ steps, onProgress: (done, total) => seen.push(done / total) })).run();
    expect(seen).to.have.length(10);
    expect(seen.at(-1)).to.equal(1);
  });

  it("stops between two steps when it is interrupted", async () => {
    const controller = new AbortController();
    const world = createMemoryWorld({ ...MARKET.start, volumeQuote: 0 });
    const onProgress = (done: number): void => {
      if (done === 5) controller.abort();
    };
    const replay = createReplay(world, optionsOf({ signal: controller.signal, onProgress }));
    const error = await replay.run().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(InterruptedError);
    expect(replay.record.steps).to.equal(5);
  });
});

describe("analyseReplay", () => {
  it("explains the change of NAV by its parts", async () => {
    const { analysis, paidForSwaps } = await replayed();
    const { result, attribution } = analysis;
    expect(() => requireExplained(attribution)).not.to.throw();
    expectClose(result.attribution.swapCosts, -paidForSwaps, 1e-6);
    expect(result.attribution.gas).to.equal(-2 * result.rebalances.sent);
    expect(result.attribution.fees).to.be.above(0);
    expect(result.attributionDetail.divergence.convexity).to.be.below(0);
    expectClose(result.navChange, result.attribution.total, 1e-6);
    expectClose(result.navChange, result.vault.pnlQuote, 1e-6);
    expect(result.varianceRemoved).to.be.within(0.95, 1);
    expect(result.rebalances.byDecision["recentre"]).to.equal(1);
  });

  it("charges a reverted transaction's gas and nothing else", async () => {
    const { record, analysis } = await replayed({ reverts: [40] });
    const reverted = record.rebalances.find((event) => event.kind === "reverted");
    expect(reverted).to.include({ costQuote: 0, gasQuote: 2 });
    expect(analysis.result.rebalances.reverted).to.equal(1);
    expect(() => requireExplained(analysis.attribution)).not.to.throw();
  });
});

describe("printResult", () => {
  it("prints the three ways to hold the liquidity and every part of the P&L", async () => {
    const { analysis } = await replayed();
    const stdout = collect();
    printResult(createOutput({ stdout: stdout.stream, stderr: collect().stream, noColor: true }), analysis.result);
    const names = [
      "hedged vault",
      "same liquidity, no hedge",
      "holding its tokens",
      "fees",
      "divergence",
      "hedge",
      "interest",
    ];
    for (const name of [...names, "swap costs", "gas", "total", "seed 7"]) expect(stdout.text()).to.include(name);
  });
});

describe("drawChart", () => {
  it("draws equity, price and delta as SVG that names its units", async () => {
    const { analysis, record } = await replayed();
    const svg = drawChart(analysis, record.samples, record.rebalances);
    expect(svg).to.match(/^<svg /);
    expect(svg).to.include("P&amp;L since the start [USDC]").and.include("[USDC per WETH]").and.include("[WETH]");
    expect(svg).to.include("hedged vault").and.include("trigger of the band");
  });

  it("puts a marker on every transaction", async () => {
    const { analysis, record } = await replayed();
    const { series } = buildOption(analysis, record.samples, record.rebalances);
    const markers = (series as { type: string; data: unknown[] }[]).find(({ type }) => type === "scatter");
    expect(markers?.data).to.have.length(analysis.result.rebalances.sent);
  });
});

describe("describeForDashboard", () => {
  it("has something to show at any time", async () => {
    const world = createMemoryWorld({ ...MARKET.start, volumeQuote: 0 });
    const replay = createReplay(world, optionsOf());
    const show = () => describeForDashboard(replay.record, world.units, { done: 0, total: 1 }, "replaying");
    expect(show().equity.timestamps).to.deep.equal([]);
    await replay.run();
    const state = show();
    expect(state.equity.vault).to.have.length(73);
    expect(state.track).to.have.length(replay.record.samples.length);
    expect(JSON.stringify(state)).not.to.include("NaN");
    expect(Object.fromEntries(state.figures)["Variance removed"]).to.match(/^9\d\.\d\d %$/);
  });
});

describe("prepareMarket", () => {
  it("simulates the same market for the same seed", () => {
    expect(prepareMarket({ hours: 72, seed: 7, stepsPerHour: 4 })).to.deep.equal(MARKET);
    expect(MARKET.steps).to.have.length(288);
  });

  it("refuses options that belong to the other kind of market", () => {
    expect(() => prepareMarket({ from: 0, stepsPerHour: 4 })).to.throw(UsageError, "--prices");
    expect(() => prepareMarket({ prices: "x.csv", seed: 1, stepsPerHour: 4 })).to.throw(UsageError, "--seed");
  });
});
