import type { ContractTransactionReceipt } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";
import { expect } from "chai";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { recordGas } from "../../scripts/gasSnapshot.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import { createGmxWorld, type GmxWorld, moveMarket } from "../integration/gmxWorld.ts";
import { TEST_MARKET } from "../integration/world.ts";

/** Gas of what the keeper does on a perpetual; GMX's own part is the simulator's, which is not GMX's code. */
describe("gas on the simulated GMX", () => {
  let twin: Twin;
  let world: GmxWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin, {
      policy: { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n, cooldownSeconds: 60n },
    });
    await world.deposit(world.alice, "1000000");
    // Two steps of the position: from the first on, the callback is saved and every slot is warm.
    await act();
    await act();
    start = await twin.snapshot();
  });
  afterEach(async () => {
    await twin.revert(start);
    await world.gmx.setPrices(2_500);
  });
  after(() => twin.close());

  const act = async (): Promise<{ readonly kind: string; readonly receipt: ContractTransactionReceipt }> => {
    await twin.advance(61);
    const snapshot = await world.snapshot();
    const decision = decide(snapshot, TEST_MARKET, defaultSettings);
    const plan = planFor(snapshot, decision, defaultSettings);
    if (plan === undefined) throw new Error(`no plan: ${decision.reasons[0]?.text ?? ""}`);
    const receipt = await world.send(plan);
    await world.answer();
    return { kind: decision.kind, receipt };
  };

  it("a step of the position: swap, liquidity, order", async () => {
    const { kind, receipt } = await act();
    expect(kind).to.equal("recentre");
    recordGas("GMX: a step of the position (swap, liquidity, order)", receipt.gasUsed);
  });

  it("hedge only: an order", async () => {
    for (let i = 0; i < 6; i++) await act();
    await moveMarket(world, 2_350);
    const { kind, receipt } = await act();
    expect(kind).to.equal("hedge");
    recordGas("GMX: hedge only (an order that makes the short larger)", receipt.gasUsed);
  });
});
