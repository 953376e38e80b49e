import { expect } from "chai";
import { parseUnits } from "ethers";
import { after, before, describe, it } from "mocha";

import { startTwin, type Twin } from "../../localnet/twin.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { abs, createVaultWorld, quoteUnits, redeemNow, sharePrice } from "./world.ts";
import { deltaLimit } from "./lifecycleSuite.ts";

/** What a vault's life came to, in human units: the same whatever the units on-chain are. */
interface Story {
  readonly decisions: readonly string[];
  readonly shortBase: number;
  readonly deltaAfterHedge: number;
  readonly navAfterHedge: number;
  readonly navAfterRecentre: number;
  readonly paid: number;
  readonly health: number;
}

const DECIMALS = [6, 8, 18] as const;

describe("V17: every pair of decimals in both token orders", () => {
  let twin: Twin;
  let reference: Story | undefined;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
  });
  after(async () => {
    await twin.close();
  });

  for (const baseIsToken0 of [false, true]) {
    for (const baseDecimals of DECIMALS) {
      for (const quoteDecimals of DECIMALS) {
        it(`base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
          const start = await twin.snapshot();
          const story = await live(twin, { baseDecimals, quoteDecimals, baseIsToken0 });
          await twin.revert(start);
          reference ??= story;
          expect(story.decisions).to.deep.equal(reference.decisions);
          // Ticks are aligned outwards: the two orders place their ranges up to one spacing apart (0.1 % of the price).
          for (const key of ["shortBase", "navAfterHedge", "navAfterRecentre", "paid", "health"] as const) {
            expect(
              Math.abs(story[key] / reference[key] - 1),
              `${key}: ${story[key]}, ${reference[key]}`,
            ).to.be.lessThan(key === "shortBase" || key === "health" ? 0.005 : 0.000_1);
          }
          expect(Math.abs(story.deltaAfterHedge - reference.deltaAfterHedge)).to.be.lessThan(0.3);
        });
      }
    }
  }
});

describe("V25: dust of a base with few decimals", () => {
  let twin: Twin;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
  });
  after(async () => {
    await twin.close();
  });

  for (const quoteDecimals of [6, 18] as const) {
    for (const units of [1n, 2n, 3n, 50n, 105n]) {
      it(`${units} units of an 8-decimals base do not keep the last holder in, quote ${quoteDecimals}`, async () => {
        const start = await twin.snapshot();
        const market = await twin.createMarket({ baseDecimals: 8, quoteDecimals, baseIsToken0: true });
        const world = await createVaultWorld(twin, { market });
        await world.deposit(world.alice, "100000");
        const { vault, timestamp } = await world.snapshot();
        await world.send({
          vault: vault.vault,
          decision: "hedge",
          blockNumber: 0,
          blockHash: "",
          actions: [{ kind: "swap", baseChange: units }],
          promise: {
            expectedEpoch: vault.epoch,
            deadline: timestamp + 3_600,
            maxResidualDeltaBase: units,
            maxLossQuote: vault.book.navQuote,
          },
        });
        const shares = await world.vault.balanceOf(world.alice);
        await (await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice)).wait();
        expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
        await twin.revert(start);
      });
    }
  }
});

/** Deposit, enter, fall, hedge, near the edge, recentre, redeem. Asserts what must hold exactly in any units. */
async function live(
  twin: Twin,
  options: { readonly baseDecimals: number; readonly quoteDecimals: number; readonly baseIsToken0: boolean },
): Promise<Story> {
  const market = await twin.createMarket(options);
  const world = await createVaultWorld(twin, { market });
  const decisions: string[] = [];
  const tick = async (): Promise<void> => {
    decisions.push((await world.tick()).decision.kind);
  };
  const quote = (units: bigint): number => Number(units) / 10 ** market.quoteDecimals;

  await world.deposit(world.alice, "1000000");
  expect(await world.vault.decimals()).to.equal(BigInt(market.quoteDecimals + 6));
  expect(await world.vault.balanceOf(world.alice)).to.equal(parseUnits("1000000", market.quoteDecimals + 6));
  await tick();
  const entered = exposureOf(await world.snapshot());
  expect(Math.abs(entered.deltaBase)).to.be.lessThan(0.1);

  await world.actors.step({ price: 2_410, volumeQuote: 1e6, seconds: 900 });
  await tick();
  const hedged = await world.snapshot();
  expect(abs(hedged.vault.book.deltaBase) <= deltaLimit(hedged)).to.equal(true);

  await world.actors.step({ price: 1_780, volumeQuote: 1e6, seconds: 900 });
  await tick();
  const recentred = await world.snapshot();
  expect(abs(recentred.vault.book.deltaBase) <= deltaLimit(recentred)).to.equal(true);

  const before = await sharePrice(world);
  const shares = (await world.vault.balanceOf(world.alice)) / 3n;
  const paid = await redeemNow(world, world.alice, shares);
  expect((await sharePrice(world)) + 1n >= before, "those who stay lose nothing").to.equal(true);
  const last = await redeemNow(world, world.alice, await world.vault.balanceOf(world.alice));
  const { vault: v } = await world.snapshot();
  expect(v.totalSupply).to.equal(0n);
  // Dust is a matter of units: a few of the base are worth 0.1 of a quote token where the base has only six decimals.
  expect(v.book.navQuote).to.be.lessThan(quoteUnits(world, "0.1"));
  return {
    decisions,
    shortBase: entered.shortBase,
    deltaAfterHedge: exposureOf(hedged).deltaBase,
    navAfterHedge: quote(hedged.vault.book.navQuote),
    navAfterRecentre: quote(recentred.vault.book.navQuote),
    paid: quote(paid + last),
    health: entered.health,
  };
}
