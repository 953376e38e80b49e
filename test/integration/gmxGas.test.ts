import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { startTwin, type Twin } from "../../localnet/twin.ts";
import { adjust, rebalance } from "./actions.ts";
import { createGmxWorld, createPlainOrder, type GmxWorld, USD, USDC, WETH } from "./gmxWorld.ts";

/** A file of its own: it holds only for optimised contracts, and the mutants are not. */
describe("gas of an order on GMX v2", () => {
  let twin: Twin;
  let world: GmxWorld;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin);
    await world.deposit(world.alice, "1000000");
  });
  after(() => twin.close());

  it("costs about what a plain account pays to make the same order, on top of what any action of a keeper costs", async () => {
    const order = {
      isLong: false,
      isIncrease: true,
      sizeUsd: 25_000n * USD,
      collateral: 10_000n * USDC,
      executionFeeWei: 10n ** 16n,
    };
    const gasOf = async (delta: bigint, margin: bigint): Promise<bigint> =>
      (await rebalance(world, [adjust(0, delta, margin)])).gasUsed;
    // Both accounts hold a position and have made an order before.
    await createPlainOrder(world, world.bob, order);
    await gasOf(-10n * WETH, 10_000n * USDC);
    await world.answer();
    const plain = await createPlainOrder(world, world.bob, order);
    const collecting = await gasOf(0n, 0n);
    const ordering = await gasOf(-10n * WETH, 10_000n * USDC);
    const measured = `plain ${plain}, rebalance without an order ${collecting}, with one ${ordering}`;
    expect(plain, measured).to.be.within(600_000n, 1_000_000n);
    expect(ordering - collecting, measured).to.be.lessThan((plain * 11n) / 10n);
    if (process.env["HEDGEROW_GMX_GAS"] !== undefined) console.log(`      ${measured}`);
  });
});
