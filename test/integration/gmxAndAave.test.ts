import { createRequire } from "node:module";

import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import { describe, it } from "mocha";

import { gmxKey } from "../../sdk/chain/gmxKeys.ts";
import type { Twin } from "../../localnet/twin.ts";
import { GMX_RATES, readHedgeTerms } from "../../sdk/chain/hedgeTerms.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { HedgeState, HedgeTerms, Market, Snapshot } from "../../sdk/policy/types.ts";
import { expectClose } from "../support/close.ts";
import { createGmxWorld, createPlainOrder, type GmxWorld, openLong, USD, USDC, WETH } from "./gmxWorld.ts";
import { TEST_MARKET, useTwin } from "./world.ts";

const require = createRequire(import.meta.url);
const BANDS = { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n, cooldownSeconds: 60n } as const;
const termsAt = (carryPerYear: number): HedgeTerms => ({ carryPerYear, tradeFraction: 0.0005, orderQuote: 0.5 });
const marketOf = (aave: HedgeTerms | undefined, gmx: HedgeTerms | undefined): Market => ({
  ...TEST_MARKET,
  hedgeTerms: [aave, gmx],
});

describe("a vault with a loan and a perpetual", () => {
  let twin: Twin;
  let world: GmxWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createGmxWorld(twin, { policy: BANDS, aave: true });
  });

  const hedgesAt = ({ vault }: Snapshot): { readonly aave: HedgeState; readonly gmx: HedgeState } => {
    const [aave, gmx] = vault.hedges;
    if (aave === undefined || gmx === undefined) throw new Error("the vault has not two hedges");
    return { aave, gmx };
  };

  /** Acts until the policy is content; after every answer the vault must be close to neutral. Returns reasons. */
  const settle = async (market: Market): Promise<readonly string[]> => {
    const codes: string[] = [];
    for (let i = 0; i < 60; i++) {
      await twin.advance(60);
      const before = await world.snapshot();
      const decision = decide(before, market, defaultSettings);
      const plan = planFor(before, decision, defaultSettings);
      if (plan === undefined) {
        expect(decision.kind, decision.reasons[0]?.text ?? "").to.equal("hold");
        return codes;
      }
      codes.push(decision.reasons[0]?.code ?? "");
      await world.send(plan).catch((error: unknown) => {
        throw new Error(`${decision.kind} after ${codes.join()} reverted`, { cause: error });
      });
      await world.answer();
      // Others trade the pool back to where the feed is.
      await world.actors.step({ price: 2_500, seconds: 400 });
      const { deltaBase, navQuote, price } = exposureOf(await world.snapshot());
      expect(Math.abs(deltaBase * price), codes.join()).to.be.lessThan(navQuote * 0.012);
    }
    throw new Error(`not content after ${codes.join()}`);
  };

  it("takes the cheaper one, moves when the saving pays for the move, and back again", async () => {
    await world.gmx.setPrices(2_500);
    await world.deposit(world.alice, "1000000");
    await settle(marketOf(termsAt(0.02), termsAt(0.03)));
    let { aave, gmx } = hedgesAt(await world.snapshot());
    expect(aave.deltaBase).to.be.lessThan(-100n * WETH);
    expect(gmx.deltaBase).to.equal(0n);
    const nav = exposureOf(await world.snapshot()).navQuote;

    // One per cent a year is saved by nobody in a week.
    expect(await settle(marketOf(termsAt(0.02), termsAt(0.01)))).to.deep.equal([]);
    // Nor is anything known of a venue that does not answer.
    expect(await settle(marketOf(termsAt(0.9), undefined))).to.deep.equal([]);

    const there = await settle(marketOf(termsAt(0.25), termsAt(-0.05)));
    expect(there.filter((code) => code === "cheaper-hedge").length, there.join()).to.be.greaterThan(3);
    ({ aave, gmx } = hedgesAt(await world.snapshot()));
    expect(gmx.deltaBase).to.be.lessThan(-100n * WETH);
    expect(aave.deltaBase).to.be.greaterThan(-WETH);
    let exposure = exposureOf(await world.snapshot());
    expect(exposure.liquidityQuote).to.be.greaterThan(exposure.navQuote * 0.6);

    await settle(marketOf(termsAt(-0.05), termsAt(0.3)));
    ({ aave, gmx } = hedgesAt(await world.snapshot()));
    expect(aave.deltaBase).to.be.lessThan(-100n * WETH);
    expect(gmx.deltaBase).to.be.greaterThan(-WETH);
    exposure = exposureOf(await world.snapshot());
    // Fees of pool and venue, twice.
    expect(exposure.navQuote).to.be.within(nav * 0.994, nav);
  });

  it("enters where it is cheaper", async () => {
    await world.gmx.setPrices(2_500);
    await world.deposit(world.alice, "1000000");
    await settle(marketOf(termsAt(0.05), termsAt(-0.02)));
    const { aave, gmx } = hedgesAt(await world.snapshot());
    expect(gmx.deltaBase).to.be.lessThan(-100n * WETH);
    expect(aave.deltaBase).to.equal(0n);
  });

  it("reads what both cost from the venues themselves", async () => {
    await world.gmx.setPrices(2_500);
    await world.deposit(world.alice, "1000000");
    const context = { targetHealth: 1.9, gasPriceWei: 10n ** 8n, nativePriceQuote: 2_500 };
    const read = async (): Promise<readonly (HedgeTerms | undefined)[]> =>
      await readHedgeTerms(twin.ethers.provider, await world.snapshot(), context, (_, error) => {
        throw error;
      });
    const [aave, gmx] = await read();
    // A pool of Aave that nobody borrows from asks its base rate.
    expect(aave).to.include({ tradeFraction: 0.0005, orderQuote: 0 });
    expect(aave?.carryPerYear).to.be.within(-0.1, 0.1);
    // 0.04 % and 0.06 %, and 9e-11 of 30,000.
    expectClose(gmx?.tradeFraction, 0.0005 + 9e-11 * 30_000, 1e-9);
    expect(gmx?.carryPerYear, "nobody is long: no funding").to.equal(0);
    expect(gmx?.orderQuote).to.be.within(0.5, 2);

    // Longs of 30 million against shorts of 10: longs pay, and every short receives three times their rate.
    await openLong(world, world.bob, 30_000_000n * USD, 4_000n * WETH);
    await createPlainOrder(world, world.alice, {
      isLong: false,
      isIncrease: true,
      sizeUsd: 10_000_000n * USD,
      collateral: 4_000_000n * USDC,
      executionFeeWei: 10n ** 17n,
    });
    expect(await world.answer()).to.deep.equal(["executed"]);
    await twin.advance(3_600);
    const [, received] = await read();
    expect(received?.carryPerYear).to.be.lessThan(-0.01);

    await world.gmx.setBool(gmxKey("IS_MARKET_DISABLED", ["address", world.gmx.addresses.market]), true);
    expect((await read())[1], "a disabled market has no terms").to.equal(undefined);
  });

  it("asks the venue by the published signature", () => {
    const sdk = new Interface((require("@gmx-io/sdk/abis/SyntheticsReader") as { default: InterfaceAbi }).default);
    const mine = GMX_RATES.getFunction("getMarketInfo");
    const theirs = sdk.getFunction("getMarketInfo");
    expect(mine?.selector).to.equal(theirs?.selector);
    expect(mine?.outputs.map((output) => output.format("full").replaceAll(/struct \S+/g, ""))).to.have.length(1);
    expect(mine?.outputs[0]?.format("sighash")).to.equal(theirs?.outputs[0]?.format("sighash"));
  });
});
