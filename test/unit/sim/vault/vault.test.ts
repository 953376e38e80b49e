import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { decide } from "../../../../sdk/policy/decide.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { type Decision, OracleFlag } from "../../../../sdk/policy/types.ts";
import { computeSqrtPriceOfWhole, runMarketStep, toUnitsDown } from "../../../../sdk/sim/vault/actors.ts";
import { VaultRevertError } from "../../../../sdk/sim/vault/errors.ts";
import type { SimulatedVault } from "../../../../sdk/sim/vault/vault.ts";
import { createSimulatedVault, FEED_RULES, START } from "./world.ts";
import { expectClose } from "../../../support/close.ts";

const MARKET = { volatilityAnnual: 0.7, hedgeGasQuote: 1 };
const MILLION = 10n ** 12n;

/** The market steps to a price, and the keeper acts; returns what it decided. */
function step(vault: SimulatedVault, hour: number, price: number, volumeQuote = 500_000): Decision["kind"] {
  const [from, until] = [START + (hour - 1) * 3_600 + 12, START + hour * 3_600];
  runMarketStep(vault.venues, vault.pair, FEED_RULES, { price, volumeQuote, from, until });
  const snapshot = vault.snapshot(until);
  const decision = decide(snapshot, MARKET, defaultSettings);
  const plan = planFor(snapshot, decision, defaultSettings);
  if (plan !== undefined) vault.applyPlan(plan, until + 12);
  return decision.kind;
}

for (const baseIsToken0 of [false, true]) {
  describe(`SimulatedVault, base is token${baseIsToken0 ? 0 : 1}`, () => {
    it("is built, earns fees, hedges and is rebuilt by the keeper's own policy", () => {
      const vault = createSimulatedVault({ baseIsToken0 });
      expect(vault.deposit(MILLION, START)).to.equal(MILLION * 10n ** 6n);
      expect(step(vault, 1, 2_500)).to.equal("recentre");
      const built = vault.snapshot(START + 3_700).vault;
      expect(built.ranges).to.have.length(1);
      // What the range holds of the base is borrowed.
      expectClose(Number(built.book.deltaBase) / 1e18, 0, 0.5);
      expect(-(built.hedges[0]?.deltaBase ?? 0n) > 50n * 10n ** 18n).to.equal(true);

      const kinds = [2_520, 2_560, 2_610, 2_650, 2_600, 2_540, 2_500, 2_500].map((price, i) =>
        step(vault, i + 2, price),
      );
      expect(kinds).to.include("hedge").and.to.include("hold");
      const { book, liquidity } = vault.snapshot(START + 9 * 3_600 + 60).vault;
      expect(liquidity.feesQuote > 0n && liquidity.feesBase > 0n).to.equal(true);
      // A round trip of 6 % with a hedge costs little against the price risk of 60,000 that it took away.
      expect(Math.abs(Number(book.navQuote) / 1e12 - 1)).to.be.lessThan(0.01);
      expect(book.navMinQuote < book.navQuote && book.navQuote < book.navMaxQuote).to.equal(true);
      const worth = vault.convertToAssets(vault.totalSupply, START + 9 * 3_600 + 60);
      expectClose(Number(worth) / Number(book.navQuote), 1, 1e-9);
    });

    it("is as before when a plan is refused at its last step", () => {
      const vault = createSimulatedVault({ baseIsToken0 });
      vault.deposit(MILLION, START);
      step(vault, 1, 2_500);
      const at = START + 3_700;
      const before = vault.snapshot(at);
      const { liquidity, ...range } = before.vault.ranges[0]!;
      const plan = {
        vault: "",
        decision: "exit",
        blockNumber: 0,
        blockHash: "",
        promise: { expectedEpoch: 1n, deadline: at, maxResidualDeltaBase: 1n << 90n, maxLossQuote: 1n << 90n },
      } as const;
      const actions = [
        { kind: "removeLiquidity", ...range, liquidity },
        { kind: "adjustHedge", hedgeIndex: 0, deltaChangeBase: 10n ** 18n, marginChangeQuote: 1_000n },
        { kind: "swap", baseChange: 10n ** 18n },
      ] as const;
      const impossible = {
        kind: "adjustHedge",
        hedgeIndex: 0,
        deltaChangeBase: 0n,
        marginChangeQuote: MILLION * 9n,
      } as const;
      const refused = { ...plan, actions: [...actions, impossible] };
      expect(() => vault.applyPlan(refused, at))
        .to.throw(VaultRevertError)
        .with.property("reason", "InsufficientIdle");
      expect(vault.snapshot(at)).to.deep.equal(before);
      // Control: without the last step it goes through, and changes all of that.
      vault.applyPlan({ ...plan, actions }, at);
      const { ranges, epoch, idleBase } = vault.snapshot(at).vault;
      expect([ranges.length, epoch]).to.deep.equal([0, 2n]);
      expect(idleBase > before.vault.idleBase).to.equal(true);
    });

    it("owes interest on what it borrowed, and earns some on its margin", () => {
      const vault = createSimulatedVault({ baseIsToken0 });
      vault.deposit(MILLION, START);
      step(vault, 1, 2_500, 0);
      const [then, later] = [START + 3_700, START + 3_700 + 30 * 86_400].map(
        (at) => vault.snapshot(at).vault.hedges[0]!,
      );
      const debt = Number(later!.deltaBase) / Number(then!.deltaBase);
      expectClose(debt, Math.exp((0.02 * 30) / 365), 1e-6);
      const margin = ({ equityMinQuote, deltaBase }: { equityMinQuote: bigint; deltaBase: bigint }): number =>
        Number(equityMinQuote) / 1e6 - (Number(deltaBase) / 1e18) * 2_500;
      expectClose(margin(later!) / margin(then!), 1 + (0.03 * 30) / 365, 1e-6);
    });
  });
}

describe("simulated market", () => {
  it("ends at the price exactly, whatever noise there was, and sends rounds by Chainlink's rule", () => {
    const vault = createSimulatedVault();
    const { venues, pair } = vault;
    const run = (hour: number, price: number, volumeQuote: number) =>
      runMarketStep(venues, pair, FEED_RULES, {
        price,
        volumeQuote,
        from: START + hour * 3_600,
        until: START + (hour + 1) * 3_600,
      });
    const small = run(0, 2_505, 1_000_000);
    expect(venues.pool.sqrtPriceX96).to.equal(computeSqrtPriceOfWhole(2_505, pair));
    expect(small.basePushed, "0.2 % in less than an hour").to.equal(false);
    expect(Number(small.swappedQuote) / 1e6).to.be.greaterThan(1_000_000);
    expect(run(1, 2_530, 0).basePushed, "1 %").to.equal(true);
    expect(venues.oracle.base).to.deep.include({ answer: 2_530n * 10n ** 8n });
    run(2, 2_530, 0);
    expect(venues.oracle.base.updatedAt, "a heartbeat").to.be.greaterThan(START + 2 * 3_600);
  });

  it("shows a pool off its feeds, and a feed gone silent", () => {
    const { venues } = createSimulatedVault();
    const { oracle, pool } = venues;
    pool.advanceTo(START);
    expect(oracle.read(pool, START, true).flags).to.equal(0n);
    expect(oracle.read(pool, START + 3_901, false).flags).to.equal(OracleFlag.baseStale);
    oracle.base = { ...oracle.base, answer: 2_530n * 10n ** 8n };
    expect(oracle.read(pool, START, false).flags).to.equal(OracleFlag.spotDeviation);
    oracle.base = { ...oracle.base, answer: 2_600n * 10n ** 8n };
    expect(oracle.read(pool, START, true).flags).to.equal(OracleFlag.spotDeviation | OracleFlag.twapDeviation);
    oracle.quote = { ...oracle.quote, answer: 98n * 10n ** 6n };
    expect(oracle.read(pool, START, false).flags & OracleFlag.depeg).to.equal(OracleFlag.depeg);
  });

  it("names the parameters that make no step", () => {
    const { venues, pair } = createSimulatedVault();
    const step = { price: 2_500, volumeQuote: 0, from: START, until: START + 3_600 };
    const run = (part: Partial<typeof step>) => () => runMarketStep(venues, pair, FEED_RULES, { ...step, ...part });
    expect(run({ until: START + 7 })).to.throw(InvalidParameterError, "until");
    expect(run({ price: 0 })).to.throw(InvalidParameterError, "priceQuotePerBase");
    expect(run({ price: NaN })).to.throw(InvalidParameterError, "priceQuotePerBase");
    expect(run({ volumeQuote: -1 })).to.throw(InvalidParameterError, "amount");
    expect(toUnitsDown(0.97, 8)).to.equal(97_000_000n);
  });
});
