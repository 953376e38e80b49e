import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { loadRecordedPool, RECORDING_ABSENT, type RecordedPool } from "../../localnet/recordedPool.ts";
import { readRecordedState } from "../../localnet/recordedState.ts";
import { describeLifecycle } from "./lifecycleSuite.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

if (readRecordedState() === undefined) {
  describe("vault on the recorded mainnet pool", () => {
    it(RECORDING_ABSENT);
  });
} else {
  describe("recorded mainnet pool", () => {
    let recorded: RecordedPool | undefined;

    before(async () => {
      recorded = await loadRecordedPool();
    });
    after(async () => {
      await recorded?.twin.close();
    });

    const createWorld = async (): Promise<VaultWorld> => {
      if (recorded === undefined) throw new Error(RECORDING_ABSENT);
      return createVaultWorld(recorded.twin);
    };

    it("is the pool of 2021-05-12, with its own fee and depth", async () => {
      const world = await createWorld();
      const { vault: v } = await world.snapshot();
      expect(v.pool.feePips).to.equal(3_000);
      expect(v.pool.liquidity).to.equal(recorded?.liquidity);
      expect(Math.abs((recorded?.priceUsdcPerWeth ?? 0) / 4_000 - 1)).to.be.lessThan(0.2);
    });

    describeLifecycle("vault lifecycle on the recorded mainnet pool", createWorld, {
      closeTwin: false,
      driftMove: 0.06,
    });
  });
}
