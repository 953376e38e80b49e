import { expect } from "chai";
import { Interface, type Signer } from "ethers";
import { after, before, describe, it } from "mocha";

import { startTwin, type Twin } from "../../localnet/twin.ts";
import { encodePlan } from "../../sdk/chain/encode.ts";
import { toBaseQuote } from "../../sdk/exact/orientation.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Plan, PlanAction, PolicySettings, Snapshot } from "../../sdk/policy/types.ts";
import { DEFAULT_MODEL, simulatePath } from "../../sdk/sim/path.ts";
import { computePathSteps } from "../../sdk/sim/steps.ts";
import { runMarketStep } from "../../sdk/sim/vault/actors.ts";
import { VaultRevertError, type VaultRevertReason } from "../../sdk/sim/vault/errors.ts";
import type { SimulatedVault } from "../../sdk/sim/vault/vault.ts";
import { computeVolumeQuote, DEFAULT_VOLUME } from "../../sdk/sim/volume.ts";
import { createSimulatedWorld } from "./agreementWorld.ts";
import { abs, createVaultWorld, revertOf, TEST_MARKET, type VaultWorld } from "./world.ts";

const isLong = process.env["HEDGEROW_LONG"] === "1";
/** 168 hours with HEDGEROW_LONG=1, else a day and a half. */
const HOURS = isLong ? 168 : 36;
const STEPS_PER_HOUR = isLong ? 4 : 1;
const DEPOSIT = "1000000";
const LATE_DEPOSIT = "400000";
const LATE_DEPOSIT_STEP = 20;
/** What the twin's pool is worth at its start. */
const POOL_VALUE_QUOTE = 60_000_000;
/** Narrow enough that a range is left and placed anew within the time. */
const SETTINGS: PolicySettings = { ...defaultSettings, rangeWidth: isLong ? 1.15 : 1.05 };
/** The agreement asked for, in parts of the value compared. What is found is far smaller. */
const TOLERANCE = 1e-3;

const POOL_EVENTS = new Interface([
  "event Burn(address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Collect(address indexed owner, address recipient, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount0, uint128 amount1)",
]);

describe(`simulator and chain over ${HOURS} hours`, () => {
  for (const [order, baseIsToken0, seed] of [
    ["quote is token0", false, 11],
    ["base is token0", true, 12],
  ] as const) {
    describe(order, () => {
      let twin: Twin;
      before(async () => {
        twin = await startTwin();
      });
      after(() => twin.close());

      it(`agree at every step, and decide the same (seed ${seed})`, async function () {
        this.timeout(isLong ? 600_000 : 60_000);
        const market = baseIsToken0
          ? await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0 })
          : twin.market;
        const feeRecipient = await (await twin.ethers.getSigners())[9]!.getAddress();
        const fees = { feeRecipient, managementBps: 150, performanceBps: 1_500 };
        const world = await createVaultWorld(twin, { market, ...(baseIsToken0 ? { fees } : {}) });
        const simulated = await createSimulatedWorld(world);
        const run = new Agreement(world, simulated);
        await run.deposit(world.alice, DEPOSIT);
        await run.followPath(seed);
        await run.rally(10, baseIsToken0 ? 1.018 : 0.982);
        console.log(`        ${run.describe()}`);
        for (const [what, largest] of run.largest) expect(largest, what).to.be.at.most(TOLERANCE);
        // Control: the path was eventful.
        expect(run.kinds.get("recentre") ?? 0, "recentres").to.be.greaterThan(1);
        expect(run.kinds.get("hedge") ?? 0, "hedges").to.be.greaterThan(3);
        expect(run.kinds.get("hold") ?? 0, "holds").to.be.greaterThan(3);

        // A quiet day empties the budgets, which would otherwise be what refuses.
        await run.step(run.price, (await twin.timestamp()) + 86_400);
        await run.compareRefusals();
      });
    });
  }
});

/** One world on the chain and one in memory, led along the same path. */
class Agreement {
  readonly world: VaultWorld;
  readonly simulated: SimulatedVault;
  /** Largest difference of each figure, as a part of it. */
  readonly largest = new Map<string, number>();
  readonly kinds = new Map<string, number>();
  steps = 0;
  price = 2_500;
  /** Snapshots that were equal in every field compared. */
  identical = 0;
  collected = { amountBase: 0n, amountQuote: 0n };

  constructor(world: VaultWorld, simulated: SimulatedVault) {
    this.world = world;
    this.simulated = simulated;
  }

  async deposit(who: Signer, amount: string): Promise<void> {
    const receipt = await this.world.deposit(who, amount);
    const { timestamp } = await receipt.getBlock();
    const assets = BigInt(amount) * 10n ** BigInt(this.world.market.quoteDecimals);
    this.simulated.deposit(assets, timestamp);
    await this.compare();
  }

  async followPath(seed: number): Promise<void> {
    const startTimestamp = await this.world.twin.timestamp();
    const model = { ...DEFAULT_MODEL, startPrice: this.price };
    const path = simulatePath({ seed, hours: HOURS, startTimestamp, model });
    for (const { price, timestamp } of computePathSteps(path, STEPS_PER_HOUR)) {
      await this.step(price, timestamp);
      // Somebody comes later, with fees pending and a hedge whose part has to be grown.
      if (this.steps === LATE_DEPOSIT_STEP) await this.deposit(this.world.bob, LATE_DEPOSIT);
    }
  }

  /** A market that runs away, step by step, faster than a keeper likes. */
  async rally(steps: number, factor: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const price = Number((this.price * factor).toFixed(4));
      await this.step(price, (await this.world.twin.timestamp()) + 900);
    }
  }

  async step(price: number, until: number): Promise<void> {
    const { world, simulated } = this;
    const { market } = world;
    const from = await world.twin.timestamp();
    const volumeQuote = computeVolumeQuote(DEFAULT_VOLUME, {
      poolValueQuote: POOL_VALUE_QUOTE,
      seconds: until - from,
      fromPrice: this.price,
      toPrice: price,
    });
    this.price = price;
    const onChain = await world.actors.step({ price, volumeQuote, until });
    const rules = { base: market.baseFeed, quote: market.quoteFeed };
    const inMemory = runMarketStep(simulated.venues, simulated.pair, rules, { price, volumeQuote, from, until });
    expect(inMemory.swappedQuote, "volume").to.equal(onChain.swappedQuote);
    await this.tick();
    this.steps++;
  }

  /** Both keepers look at their own world and act; both worlds are compared before and after. */
  async tick(): Promise<void> {
    const { world, simulated } = this;
    const onChain = await this.compare();
    const inMemory = simulated.snapshot(onChain.timestamp, onChain.blockNumber);
    const decision = decide(onChain, TEST_MARKET, SETTINGS);
    const simulatedDecision = decide(inMemory, TEST_MARKET, SETTINGS);
    const where = `step ${this.steps}: ${decision.reasons.map(({ text }) => text).join(" ")}`;
    expect(simulatedDecision.kind, where).to.equal(decision.kind);
    this.kinds.set(decision.kind, (this.kinds.get(decision.kind) ?? 0) + 1);

    const plan = planFor(onChain, decision, SETTINGS);
    const simulatedPlan = planFor(inMemory, simulatedDecision, SETTINGS);
    expect(
      simulatedPlan?.actions.map(({ kind }) => kind),
      where,
    ).to.deep.equal(plan?.actions.map(({ kind }) => kind));
    if (plan === undefined || simulatedPlan === undefined) return;
    const receipt = await world.send(plan);
    const { timestamp } = await receipt.getBlock();
    simulated.applyPlan(simulatedPlan, timestamp);
    this.countCollected(receipt.logs);
    await this.compare();
  }

  /** What the vault got from the pool beyond what it had in it. */
  countCollected(
    logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[],
  ): void {
    const { market } = this.world;
    for (const log of logs) {
      if (log.address.toLowerCase() !== market.pool.toLowerCase()) continue;
      const parsed = POOL_EVENTS.parseLog(log);
      if (parsed === null) continue;
      const sign = parsed.name === "Collect" ? 1n : -1n;
      const amounts = toBaseQuote(
        { amount0: parsed.args["amount0"] as bigint, amount1: parsed.args["amount1"] as bigint },
        market,
      );
      this.collected = {
        amountBase: this.collected.amountBase + sign * amounts.amountBase,
        amountQuote: this.collected.amountQuote + sign * amounts.amountQuote,
      };
    }
  }

  async compare(): Promise<Snapshot> {
    const { simulated, world } = this;
    const onChain = await world.snapshot();
    const inMemory = simulated.snapshot(onChain.timestamp, onChain.blockNumber);
    const [a, b] = [onChain.vault, inMemory.vault];
    const value = (base: bigint): bigint =>
      (base * a.oracle.priceWad) / 10n ** BigInt(18 + a.base.decimals - a.quote.decimals);
    const note = (what: string, expected: bigint, actual: bigint, whole: bigint = abs(expected)): void => {
      const part = expected === actual ? 0 : Number(abs(expected - actual)) / Math.max(1, Number(whole));
      this.largest.set(what, Math.max(this.largest.get(what) ?? 0, part));
    };
    note("NAV", a.book.navQuote, b.book.navQuote);
    note(
      "share price",
      (a.book.navQuote * 10n ** 24n) / (a.totalSupply + 1n),
      (b.book.navQuote * 10n ** 24n) / (b.totalSupply + 1n),
    );
    const [shortA, shortB] = [a.hedges[0]!, b.hedges[0]!];
    note("debt", -shortA.deltaBase, -shortB.deltaBase);
    note(
      "collateral",
      shortA.equityMinQuote + value(-shortA.deltaBase),
      shortB.equityMinQuote + value(-shortB.deltaBase),
    );
    // A net delta is a small difference: it is measured against what is hedged.
    note("delta", a.book.deltaBase, b.book.deltaBase, abs(shortA.deltaBase));
    const fees = (base: bigint, quote: bigint): bigint => value(base) + quote;
    note(
      "fees",
      fees(a.liquidity.feesBase + this.collected.amountBase, a.liquidity.feesQuote + this.collected.amountQuote),
      fees(b.liquidity.feesBase + simulated.feesCollected.base, b.liquidity.feesQuote + simulated.feesCollected.quote),
    );
    if (JSON.stringify(comparable(a), stringify) === JSON.stringify(comparable(b), stringify)) this.identical++;
    else expect(comparable(b)).to.deep.equal(comparable(a));
    return onChain;
  }

  /** Plans that the vault refuses: both give the same reason with the same figures, and nothing changes. */
  async compareRefusals(): Promise<void> {
    const { world, simulated } = this;
    const now = await world.snapshot();
    const { vault: v, timestamp } = now;
    const range = v.ranges[0]!;
    const base = 10n ** BigInt(v.base.decimals);
    const plan = (actions: readonly PlanAction[], promise: Partial<Plan["promise"]> = {}): Plan => ({
      vault: v.vault,
      decision: "hedge",
      blockNumber: now.blockNumber,
      blockHash: now.blockHash,
      actions,
      promise: {
        expectedEpoch: v.epoch,
        deadline: timestamp + 300,
        maxResidualDeltaBase: 1n << 200n,
        maxLossQuote: 1n << 200n,
        ...promise,
      },
    });
    const sell: PlanAction = { kind: "swap", baseChange: -base / 100n };
    const adjust = (deltaChangeBase: bigint, marginChangeQuote: bigint): PlanAction => ({
      kind: "adjustHedge",
      hedgeIndex: 0,
      deltaChangeBase,
      marginChangeQuote,
    });
    const refused: readonly (readonly [VaultRevertReason, Plan])[] = [
      ["WrongEpoch", plan([sell], { expectedEpoch: v.epoch + 1n })],
      ["DeadlinePassed", plan([sell], { deadline: timestamp - 1 })],
      ["BadAmount", plan([{ kind: "swap", baseChange: 0n }])],
      ["UnknownRange", plan([{ kind: "removeLiquidity", tickLower: -600, tickUpper: 600, liquidity: 1n }])],
      ["RangeTooSmall", plan([{ kind: "removeLiquidity", ...range, liquidity: range.liquidity + 1n }])],
      ["RangeTooNarrow", plan([{ kind: "addLiquidity", ...range, tickUpper: range.tickLower + 10 }])],
      ["InsufficientIdle", plan([adjust(0n, v.idleQuote + 1n)])],
      ["InsufficientIdle", plan([{ kind: "addLiquidity", ...range }])],
      ["InsufficientIdle", plan([{ kind: "swap", baseChange: 50n * base }])],
      ["AaveCollateral", plan([adjust(-200n * base, 0n)])],
      ["UnknownHedge", plan([{ ...(adjust(1n, 0n) as { kind: "adjustHedge" } & PlanAction), hedgeIndex: 1 }])],
      ["ReduceExceedsShort", plan([adjust(1_000n * base, 0n)])],
      ["PromisedDeltaMissed", plan([adjust(-base / 10n, 0n)], { maxResidualDeltaBase: 0n })],
      ["PromisedLossExceeded", plan([adjust(-base, 0n), { kind: "swap", baseChange: -base }], { maxLossQuote: 0n })],
      ["DeltaOutsideBand", plan([adjust(-60n * base, 0n), { kind: "swap", baseChange: -60n * base }])],
    ];
    const before = simulated.snapshot(timestamp);
    for (const [reason, bad] of refused) {
      const { to, data } = encodePlan(bad);
      const revert = await revertOf(world.keeper.call({ to, data }));
      let failure: unknown;
      try {
        simulated.applyPlan(bad, timestamp);
      } catch (error) {
        failure = error;
      }
      expect(failure, `${reason}, on the chain ${revert.name}`).to.be.instanceOf(VaultRevertError);
      const { reason: actual, values } = failure as VaultRevertError;
      // Aave says no in its own words.
      const said = revert.name === "Error" ? "AaveCollateral" : revert.name.replace(/^.*_/, "");
      expect([actual, said]).to.deep.equal([reason, reason]);
      // The token's address stands before the amounts of InsufficientIdle.
      const figures = revert.args.filter((arg) => typeof arg === "bigint");
      if (reason !== "AaveCollateral") expect(values, reason).to.deep.equal(figures);
      expect(simulated.snapshot(timestamp), reason).to.deep.equal(before);
    }
  }

  describe(): string {
    const kinds = [...this.kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
    const differences = [...this.largest].map(([what, part]) => `${what} ${part.toExponential(1)}`).join(", ");
    return `${this.steps} steps (${kinds}); ${this.identical} snapshots identical; largest differences: ${differences}`;
  }
}

/** A vault's state without the names and addresses, which the simulator has others for. */
function comparable(v: Snapshot["vault"]): unknown {
  const { vault, adapterChange, ...rest } = v;
  void [vault, adapterChange];
  return {
    ...rest,
    oracle: { ...v.oracle, address: "" },
    pool: { ...v.pool, address: "" },
    policy: { ...v.policy, address: "" },
    hedges: v.hedges.map((hedge) => ({ ...hedge, hedge: "" })),
  };
}

function stringify(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
