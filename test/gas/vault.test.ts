import { type ContractTransactionReceipt, parseUnits } from "ethers";
import { afterEach, before, beforeEach, describe, it } from "mocha";
import { expect } from "chai";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { recordGas } from "../../scripts/gasSnapshot.ts";
import { encodePlan } from "../../sdk/chain/encode.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { deployVault } from "../../sdk/chain/deployment.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Decision } from "../../sdk/policy/types.ts";
import { createVaultWorld, TEST_MARKET, type VaultWorld } from "../integration/world.ts";

const STEP_SECONDS = 900;
const VOLUME_QUOTE = 1_000_000;

/** Gas of what people and keepers do, on genuine venues, with fees pending and the price where it has moved to. */
describe("gas", () => {
  let twin: Twin;
  let world: VaultWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.tick();
    await move(2_500);
    start = await twin.snapshot();
  });

  beforeEach(async () => {
    await twin.revert(start);
  });

  afterEach(async () => {
    await twin.revert(start);
  });

  const move = async (price: number): Promise<void> => {
    await world.actors.step({ price, volumeQuote: VOLUME_QUOTE, seconds: STEP_SECONDS });
  };

  /** Decides with a band of zero width, so that the tick does what the price asks for. */
  const act = async (expected: Decision["kind"], force?: Partial<Decision>): Promise<ContractTransactionReceipt> => {
    const snapshot = await world.snapshot();
    const decided = { ...decide(snapshot, TEST_MARKET, defaultSettings), ...force } as Decision;
    expect(decided.kind).to.equal(expected);
    const plan = planFor(snapshot, decided, defaultSettings);
    if (plan === undefined) throw new Error(`no plan for ${expected}`);
    expect(encodePlan(plan).to).to.equal(world.addresses.vault);
    return await world.send(plan);
  };

  const redeemHalf = async (): Promise<ContractTransactionReceipt> => {
    const shares = await world.vault.balanceOf(world.alice);
    const sent = await world.vault.connect(world.alice).requestRedeem(shares / 2n, world.alice, world.alice);
    const receipt = (await sent.wait()) as ContractTransactionReceipt;
    expect(await world.vault.maxWithdraw(world.alice)).to.be.greaterThan(0n);
    return receipt;
  };

  it("deposit, fees pending, existing holder", async () => {
    const receipt = await world.deposit(world.alice, "10000");
    recordGas("deposit, fees pending, existing holder", receipt.gasUsed);
  });

  it("deposit, fees pending, new holder", async () => {
    const receipt = await world.deposit(world.bob, "10000");
    recordGas("deposit, fees pending, new holder", receipt.gasUsed);
  });

  it("hedge only, short more", async () => {
    await move(2_375);
    const receipt = await act("hedge");
    recordGas("hedge only: short more (borrow and swap)", receipt.gasUsed);
  });

  it("hedge only, buy back", async () => {
    await move(2_630);
    const receipt = await act("hedge");
    recordGas("hedge only: buy back (swap and repay)", receipt.gasUsed);
  });

  it("recentre with re-hedge", async () => {
    await move(2_450);
    const receipt = await act("recentre", { kind: "recentre", keepRange: false });
    recordGas("recentre with re-hedge", receipt.gasUsed);
  });

  it("recentre with re-hedge, margin and swap", async () => {
    for (const price of [2_300, 2_100, 1_800]) await move(price);
    const receipt = await act("recentre");
    recordGas("recentre with re-hedge, margin and swap", receipt.gasUsed);
  });

  it("redeem 50 %, first time", async () => {
    const receipt = await redeemHalf();
    recordGas("redeem 50 %: request and settle, first time", receipt.gasUsed);
  });

  it("redeem 50 %, with drift to swap", async () => {
    await move(2_450);
    const receipt = await redeemHalf();
    recordGas("redeem 50 %: request and settle, first time, with a swap", receipt.gasUsed);
  });

  it("redeem 50 %, again", async () => {
    await redeemHalf();
    await move(2_500);
    const receipt = await redeemHalf();
    recordGas("redeem 50 %: request and settle, again", receipt.gasUsed);
  });

  it("claim", async () => {
    await redeemHalf();
    const shares = await world.vault.maxRedeem(world.alice);
    const sent = await world.vault.connect(world.alice).redeem(shares, world.alice, world.alice);
    recordGas("claim", ((await sent.wait()) as ContractTransactionReceipt).gasUsed);
  });

  it("vault creation", async () => {
    const { system, admin, addresses } = world;
    const before = await twin.ethers.provider.getBlockNumber();
    await deployVault(
      admin,
      system,
      venuesOf(twin),
      {
        admin: await admin.getAddress(),
        keeper: await admin.getAddress(),
        guardian: await admin.getAddress(),
        adminDelaySeconds: 0,
      },
      { name: "Second", symbol: "hr2", depositCapQuote: parseUnits("1000000", 6) },
    );
    const after = await twin.ethers.provider.getBlockNumber();
    for (let n = before + 1; n <= after; n++) {
      const block = await twin.ethers.provider.getBlock(n, true);
      const created = block?.prefetchedTransactions.find((t) => t.to === system.factory);
      if (created === undefined) continue;
      const receipt = await twin.ethers.provider.getTransactionReceipt(created.hash);
      recordGas("vault creation, with policy and both adapters", receipt?.gasUsed ?? 0n);
    }
    expect(addresses.vault).to.not.equal(undefined);
  });
});
