import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { after, before, describe, it } from "mocha";

import { createManualClock } from "../../keeper/clock.ts";
import { loadConfig } from "../../keeper/config.ts";
import { type KeeperLog, LogEvent, silentLog } from "../../keeper/log.ts";
import { createKeeper, type Keeper, type KeeperOptions } from "../../keeper/main.ts";
import type { VaultOutcome } from "../../keeper/outcomes.ts";
import { startTwin, type Twin } from "../../localnet/twin.ts";
import type { Decision, GateVerdict } from "../../sdk/policy/types.ts";
import { intercept, temporaryFile } from "../unit/keeper/support.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const TEST_PHRASE = "test test test test test test test test test test test junk";
/** The twin's second account, which the world gives the keeper role. */
const keeperKey = HDNodeWallet.fromPhrase(TEST_PHRASE, undefined, "m/44'/60'/0'/0/1").privateKey;
const HOUR = 3_600;
/** Noise of an hour that earns far more, and far less, than the hedge costs. */
const BUSY_QUOTE = 6_000_000;
const QUIET_QUOTE = 1_000;

describe("the fee gate on the genuine twin", () => {
  const clock = createManualClock(0);
  const file = temporaryFile("feeGate.sqlite");
  let twin: Twin;
  let world: VaultWorld;
  let keeper: Keeper;

  const openKeeper = (policy: object = {}, parts: Partial<KeeperOptions> = {}): Promise<Keeper> =>
    createKeeper(
      loadConfig({
        env: {},
        overrides: {
          chainId: 31_337,
          lens: world.system.lens,
          vaults: [world.addresses.vault],
          privateKey: keeperKey,
          journalPath: file.path,
          live: true,
          receiptPollMs: 100,
          // A short memory, so that a day of the market is enough.
          feeHalfLifeHours: 3,
          feeMinimumSpanHours: 3,
          volatilityPrior: 0.4,
          volatilityPriorWeightHours: 1_000,
          policy: { feeGate: { enabled: true }, ...policy },
        },
      }),
      { ...(parts.rpc === undefined ? { eip1193: twin.provider } : {}), clock, log: silentLog, ...parts },
    );
  /** The market trades for an hour around its price, and the keeper looks once. */
  const hour = async (volumeQuote: number, price = 2_500): Promise<VaultOutcome & { readonly decision: Decision }> => {
    await world.actors.step({ price, volumeQuote, seconds: HOUR, push: true });
    clock.set((await twin.timestamp()) * 1_000);
    const [outcome] = (await keeper.tick()).outcomes;
    if (outcome === undefined || !("decision" in outcome)) throw new Error(`no decision: ${show(outcome)}`);
    return outcome;
  };
  const known = ({ gate }: Decision): Exclude<GateVerdict, { opinion: "unknown" }> => {
    if (gate === undefined || gate.opinion === "unknown") throw new Error("the gate has no opinion");
    return gate;
  };
  const codesOf = ({ reasons }: Decision): readonly string[] => reasons.map(({ code }) => code);
  const epoch = async (): Promise<bigint> => (await world.snapshot()).vault.epoch;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    keeper = await openKeeper();
  });
  after(async () => {
    keeper.close();
    await twin.close();
    await file.remove();
  });

  it("enters while it does not know what the pool earns", async () => {
    const outcome = await hour(BUSY_QUOTE);
    expect([outcome.kind, codesOf(outcome.decision)], show(outcome)).to.deep.equal(["sent", ["no-position"]]);
    expect(outcome.decision.gate?.opinion).to.equal("unknown");
  });

  it("stays while fees pay, and measures them as the position earns them", async () => {
    let outcome = await hour(BUSY_QUOTE);
    for (let i = 0; i < 4; i++) outcome = await hour(BUSY_QUOTE);
    expect(outcome.kind, show(outcome)).to.equal("held");
    const gate = known(outcome.decision);
    expect([gate.opinion, codesOf(outcome.decision)]).to.deep.equal(["enter", ["inside-band", "fees-suffice"]]);

    // The pool's own account of what the position earned in an hour, against the estimate.
    const earned = async (): Promise<number> => {
      const { liquidity, oracle } = (await world.snapshot()).vault;
      return Number(liquidity.feesQuote) / 1e6 + (Number(liquidity.feesBase) / 1e18) * (Number(oracle.priceWad) / 1e18);
    };
    // And what its hedge cost: at a price that stands still only interest changes the hedge's equity.
    const equity = async (): Promise<number> => Number((await world.snapshot()).vault.hedges[0]?.equityMinQuote) / 1e6;
    const [before, equityBefore] = [await earned(), await equity()];
    const last = await hour(BUSY_QUOTE);
    const apr = (((await earned()) - before) * 8_760) / last.decision.exposure.liquidityQuote;
    const interest = ((equityBefore - (await equity())) * 8_760) / last.decision.exposure.liquidityQuote;
    expect(known(last.decision).feeApr / apr).to.be.within(0.97, 1.03);
    expect(known(last.decision).costs.funding / interest).to.be.within(0.9, 1.1);
  });

  it("leaves when fees dry up, and is flat", async () => {
    let outcome = await hour(QUIET_QUOTE);
    for (let i = 0; i < 24 && outcome.kind === "held"; i++) outcome = await hour(QUIET_QUOTE);
    expect([outcome.kind, outcome.decision.kind], show(outcome)).to.deep.equal(["sent", "exit"]);
    expect(codesOf(outcome.decision)).to.deep.equal(["fees-too-low"]);
    expect(outcome.kind === "sent" && outcome.outcome.kind, show(outcome)).to.equal("kept");
    const gate = known(outcome.decision);
    expect(gate.feeApr).to.be.lessThan(gate.leaveBelowApr);
    expect(outcome.decision.reasons[0]?.text).to.include(`${(gate.feeApr * 100).toFixed(1)} %`);
    expect(outcome.decision.reasons[0]?.text).to.include(`${(gate.breakEvenApr * 100).toFixed(1)} %`);
    const { vault } = await world.snapshot();
    expect(vault.ranges).to.have.length(0);
    const debtQuote = (Number(-(vault.hedges[0]?.deltaBase ?? 0n)) / 1e18) * 2_500;
    expect(debtQuote).to.be.within(0, 100);
    expect(Number(vault.idleQuote)).to.be.greaterThan(0.99 * Number(vault.book.navQuote));
  });

  it("holds flat without a transaction, over a restart and a moving price", async () => {
    const left = await epoch();
    keeper.close();
    keeper = await openKeeper({ rangeWidth: "auto" });
    for (const price of [2_500, 2_450, 2_550, 2_600, 2_500]) {
      const outcome = await hour(QUIET_QUOTE, price);
      expect([outcome.kind, codesOf(outcome.decision)], show(outcome)).to.deep.equal(["held", ["fees-too-low"]]);
      expect(outcome.decision.reasons[0]?.text).to.include("enters above");
    }
    expect(await epoch()).to.equal(left);
  });

  it("pays depositors out while it is flat", async () => {
    const shares = (await world.vault.balanceOf(world.alice)) / 10n;
    await (await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice)).wait();
    const outcome = await hour(QUIET_QUOTE);
    expect(codesOf(outcome.decision)).to.deep.equal(["fees-too-low"]);
    expect(await world.vault.maxWithdraw(world.alice)).to.be.greaterThan(0n);
  });

  it("hedges on when the pool's fees cannot be read, and says so", async () => {
    const warnings: string[] = [];
    const deaf = intercept(twin.ethers.provider, (_method, [call]) => {
      const { to } = (call ?? {}) as { readonly to?: string };
      if (to?.toLowerCase() === twin.market.pool.toLowerCase()) throw new Error("the node is deaf on that ear");
    });
    const log = {
      ...silentLog,
      warn: (_fields: object, event: string) => warnings.push(event),
    } as unknown as KeeperLog;
    keeper.close();
    keeper = await openKeeper({ rangeWidth: "auto" }, { rpc: deaf, log });
    const outcome = await hour(QUIET_QUOTE);
    expect(warnings).to.deep.equal([LogEvent.feesUnread]);
    expect([outcome.kind, codesOf(outcome.decision)], "by the samples of the hours before").to.deep.equal([
      "held",
      ["fees-too-low"],
    ]);
    keeper.close();
    keeper = await openKeeper({ rangeWidth: "auto" });
  });

  it("enters again when fees return, hedged, in the width that pays best", async () => {
    let outcome = await hour(BUSY_QUOTE);
    for (let i = 0; i < 24 && outcome.kind === "held"; i++) outcome = await hour(BUSY_QUOTE);
    expect([outcome.kind, outcome.decision.kind], show(outcome)).to.deep.equal(["sent", "recentre"]);
    expect(codesOf(outcome.decision)).to.deep.equal(["no-position", "fees-suffice"]);
    const gate = known(outcome.decision);
    expect(gate.feeApr).to.be.greaterThan(gate.enterAboveApr);
    const { vault } = await world.snapshot();
    expect(vault.ranges).to.have.length(1);
    const [range] = vault.ranges;
    const width = 1.0001 ** (((range?.tickUpper ?? 0) - (range?.tickLower ?? 0)) / 2);
    expect(width / (outcome.decision.targets?.rangeWidth ?? NaN)).to.be.within(0.999, 1.002);
    expect(width, "and no longer the fallback").to.not.be.within(1.49, 1.51);
    expect(Math.abs(Number(vault.book.deltaBase)) / 1e18).to.be.lessThan(1);
    expect((await hour(BUSY_QUOTE)).kind, "and stays").to.equal("held");
  });

  it("wrote down a reason for every decision", () => {
    const ticks = keeper.journal.listTicks(200);
    expect(ticks.length).to.be.greaterThan(20);
    for (const { detail } of ticks) {
      const { reasons, gate } = detail as { readonly reasons: readonly { code: string; text: string }[]; gate: object };
      expect(reasons[0]?.text).to.match(/\.$/);
      expect(gate).to.have.property("opinion");
    }
    const codes = new Set(ticks.map(({ detail }) => (detail as { reasons: [{ code: string }] }).reasons[0].code));
    expect([...codes].sort()).to.deep.equal(["fees-too-low", "inside-band", "no-position"]);
  });
});

const show = (value: unknown): string => JSON.stringify(value, replacer);
const replacer = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
